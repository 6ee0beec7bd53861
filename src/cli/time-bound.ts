import { InvalidArgumentError } from 'commander';
import { InvalidTimestampError } from '../hlc/errors.js';
import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../hlc/timestamp.js';
import { parseTime } from './time-argument.js';

/**
 * The last reading of a clock that a time includes: of a time as people write it every reading of that millisecond, of a
 * timestamp that reading itself. `undefined` for anything else.
 */
export function parseTimeBound(text: string, now?: number): Timestamp | undefined {
  const time = parseTime(text, now);
  if (time !== undefined) return Timestamp.of({ time, counter: MAX_COUNTER, nodeId: MAX_NODE_ID });
  try {
    return Timestamp.parse(text);
  } catch (error) {
    if (error instanceof InvalidTimestampError) return undefined;
    throw error;
  }
}

/** The last reading of a clock that a time includes, as an argument parser. */
export function timeBound(text: string): Timestamp {
  const bound = parseTimeBound(text);
  if (bound !== undefined) return bound;
  throw new InvalidArgumentError(
    'Write a time like 2026-11-22, "2026-11-22 14:34", 2026-11-22T14:34:05.250Z, "yesterday 14:34" or now, or a timestamp.',
  );
}
