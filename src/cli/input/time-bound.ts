import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../../hlc/timestamp.js';
import { UsageError } from '../errors.js';
import { readTime, timestampOf } from './time/read-time.js';

/** Is told what the one who wrote a time should know of it. */
export type TellNote = (note: string) => void;

/**
 * The last reading of a clock at a point in time: of a time as people write it every reading of its millisecond (of a day or a
 * second the first one), of a timestamp that reading itself. `undefined` for anything else.
 */
export function parseTimeBound(text: string, tell: TellNote = () => {}, now?: number): Timestamp | undefined {
  const timestamp = timestampOf(text);
  if (timestamp !== undefined) return timestamp;
  const span = readTime(text, now);
  if (span === undefined) return undefined;
  if (span.note !== undefined) tell(span.note);
  return Timestamp.of({ time: span.point, counter: MAX_COUNTER, nodeId: MAX_NODE_ID });
}

/**
 * Throws {@link UsageError} when the point in time is the id of the aggregate itself: it reads as a time, but one before all
 * that happened.
 */
export function assertNotTheId(point: Timestamp | undefined, id: Timestamp): void {
  if (point?.equals(id) !== true) return;
  throw new UsageError('The id of the aggregate stands where a time is wanted.', {
    hint: `The timestamps of its events are in \`maestro events ${id.hex}\`; times are told by \`maestro help times\`.`,
  });
}
