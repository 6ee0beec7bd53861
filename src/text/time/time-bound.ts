import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../../hlc/timestamp.js';
import { readTime, timestampOf } from './read-time.js';

/** Receives a note for the user about a time, such as that it exists twice. */
export type TellNote = (note: string) => void;

/**
 * The largest timestamp at a point in time: of a time the last possible one of its millisecond (of a day or a second: of its
 * first millisecond), of a timestamp itself. `undefined` for a text that is neither.
 */
export function parseTimeBound(text: string, tell: TellNote = () => {}, now?: number): Timestamp | undefined {
  const timestamp = timestampOf(text);
  if (timestamp !== undefined) return timestamp;
  const span = readTime(text, now);
  if (span === undefined) return undefined;
  if (span.note !== undefined) tell(span.note);
  return Timestamp.of({ time: span.point, counter: MAX_COUNTER, nodeId: MAX_NODE_ID });
}
