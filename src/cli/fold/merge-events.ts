import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { mergePatch } from '../../json/merge-patch.js';
import type { JsonValue } from '../../json/types.js';
import { storedBody } from './stored-body.js';

/** A state folded from the first event up to one sequence. */
export interface FoldedState {
  /** The sequence of the last event in it; 0 when there was none. */
  readonly sequence: number;
  /** The timestamp of that event. */
  readonly timestamp: Timestamp | undefined;
  /** The state, its numbers kept digit for digit. */
  readonly state: JsonValue;
  /** The sequence after which events are missing, the first such; absent in a whole history. */
  readonly gapAfter: number | undefined;
}

/**
 * Folds a history without knowing its application: the bodies are merged in order, each a JSON Merge Patch (RFC 7396) to
 * those before. With `until`, stops before the first event whose clock is later.
 */
export async function mergeEvents(events: AsyncIterable<StoredEvent>, until?: Timestamp): Promise<FoldedState> {
  let state: JsonValue = {};
  let last: StoredEvent | undefined;
  let gapAfter: number | undefined;
  for await (const event of events) {
    if (until !== undefined && event.timestamp.compare(until) > 0) break;
    const before = last?.sequence ?? 0;
    if (event.sequence !== before + 1) gapAfter ??= before;
    state = mergePatch(state, storedBody(event));
    last = event;
  }
  return { sequence: last?.sequence ?? 0, timestamp: last?.timestamp, state, gapAfter };
}
