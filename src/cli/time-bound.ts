import { InvalidTimestampError } from '../hlc/errors.js';
import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../hlc/timestamp.js';
import { readTime } from './input/time/read-time.js';

/** Is told what the one who wrote a time should know of it. */
export type TellNote = (note: string) => void;

/**
 * The last reading of a clock that a time includes: of a day or a second as people write it every reading of it, of a
 * timestamp that reading itself. `undefined` for anything else.
 */
export function parseTimeBound(text: string, tell: TellNote = () => {}, now?: number): Timestamp | undefined {
  const timestamp = timestampOf(text);
  if (timestamp !== undefined) return timestamp;
  const span = readTime(text, now);
  if (span === undefined) return undefined;
  if (span.note !== undefined) tell(span.note);
  return lastReadingOf(Math.max(0, span.last));
}

/** The last reading of a clock in a millisecond since 1970. */
export function lastReadingOf(time: number): Timestamp {
  return Timestamp.of({ time, counter: MAX_COUNTER, nodeId: MAX_NODE_ID });
}

function timestampOf(text: string): Timestamp | undefined {
  try {
    return Timestamp.parse(text);
  } catch (error) {
    if (error instanceof InvalidTimestampError) return undefined;
    throw error;
  }
}
