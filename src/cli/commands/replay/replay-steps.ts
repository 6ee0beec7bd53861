import type { Timestamp } from '../../../hlc/timestamp.js';
import { UsageError } from '../../errors.js';
import { tellMissingEnd } from '../../../folding/missing-events.js';
import type { Invocation } from '../../invocation.js';
import { pointInTime } from '../../render/local-time.js';
import { assertNotTheId } from '../../input/not-the-id.js';
import { warnOfLeftOutEvents } from '../../output/notes/left-out-events.js';
import { withFolding } from '../../fold/with-folding.js';
import type { IdArgument } from '../../input/id-argument.js';
import { foldSteps } from '../../../folding/fold-steps.js';
import { printSteps } from './print-steps.js';

/** The part of a history to show, and the handlers to fold it with. */
export interface StepsOptions {
  /** The first event to show. @defaultValue 1 */
  readonly min?: number;
  /** The last event to show. @defaultValue the last event */
  readonly max?: number;
  /** The largest timestamp to include. */
  readonly at?: Timestamp;
  /** The configured aggregate whose handlers fold. @defaultValue the one that owns the aggregate */
  readonly aggregate?: string;
}

/** Shows the changes by each event; resolves to true when a handler failed or events were missing. */
export async function replaySteps(
  argument: IdArgument,
  options: StepsOptions,
  invocation: Invocation,
): Promise<boolean> {
  assertOneEnd(options);
  const { min, max, at } = options;
  if (min !== undefined && min > (max ?? min)) throw new UsageError(`--min ${min} is greater than --max ${max}.`);
  return await withFolding(invocation, argument, options.aggregate, async ({ id, database, folding, last }) => {
    assertNotTheId(at, id);
    let sequence = 0;
    const shown = async function* () {
      for await (const step of foldSteps(database.store.streamStoredEvents(id, 1, { maxSequence: max }), folding)) {
        if (at !== undefined && step.event.timestamp.compare(at) > 0) break;
        ({ sequence } = step.event);
        if (sequence >= (min ?? 1)) yield step;
      }
    };
    await invocation.output.note(folding.how);
    if (at !== undefined) await invocation.output.note(`up to ${pointInTime(at)}`);
    const faulty = await printSteps(shown(), invocation.output);
    // Events whose handlers fail are skipped here, and so are missing events.
    const end = { id, sequence, max, at, last, byHandlers: false };
    const isMissing = await tellMissingEnd(database.store, end, (text) => invocation.output.warn(text));
    if (at !== undefined) await warnOfLeftOutEvents(database, id, { sequence, until: at }, invocation.output);
    return faulty || isMissing;
  });
}

/** Throws {@link UsageError} when both `--max` and `--at` are given. */
export function assertOneEnd({ max, at }: StepsOptions): void {
  if (max !== undefined && at !== undefined)
    throw new UsageError('--max and --at both say where to end; use one of them.');
}
