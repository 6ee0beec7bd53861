import { MANY_EVENTS } from '../../../admin/log/estimate-events.js';
import type { IndexState } from '../../../store/migrate/log-index/read-indexes.js';
import { decimal } from '../../../text/figures.js';
import type { Output } from '../output.js';

/** An index that would help with a question. */
interface HelpfulIndex {
  /** The value that it is on, in words. */
  readonly on: string;
  readonly state: IndexState['state'] | 'none';
  /** The command that adds it. */
  readonly command: string;
}

/** Says that all of many events are read, and how to make it quick; `index` is undefined when no index can help. */
export async function noteMissingIndex(
  { events, read = 'are read' }: { readonly events: number; readonly read?: string },
  index: HelpfulIndex | undefined,
  output: Output,
): Promise<void> {
  if (index?.state === 'valid' || events < MANY_EVENTS) return;
  await output.note(`about ${decimal(events)} events ${read}, one by one, ${reason(index)}`);
}

function reason(index: HelpfulIndex | undefined): string {
  if (index === undefined) return 'because no index can help with this condition: --since and --until narrow the time';
  const { on, state, command } = index;
  switch (state) {
    case 'building':
      return `because the index on ${on} is still being built`;
    case 'invalid':
      return `because the index on ${on} is not complete: \`${command}\` completes it`;
    default:
      return `because no index has ${on}: \`${command}\` makes one, while everybody goes on writing`;
  }
}
