import { InvalidArgumentError } from 'commander';
import { MAX_SEQUENCE } from '../../events.js';
import { InvalidTimestampError } from '../../hlc/errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { shellWord } from '../../text/shell-word.js';
import { readTime } from '../../text/time/read-time.js';

/** A timestamp, or an aggregate id, which is one: 32 hex digits, `\x…`, a UUID, or the text form. */
export function timestamp(text: string): Timestamp {
  try {
    return Timestamp.parse(text);
  } catch (error) {
    if (!(error instanceof InvalidTimestampError)) throw error;
    if (readTime(text) !== undefined && !/^\d+$/.test(text))
      throw new InvalidArgumentError(
        `is a time, not an id. To find the events of a time, run \`maestro search --since ${shellWord(text)}\`.`,
      );
    throw new InvalidArgumentError(`is not an id. ${error.hint ?? error.message}`);
  }
}

/** A whole number within bounds, as an argument parser. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < min || number > max)
      throw new InvalidArgumentError(`is not a whole number from ${min} to ${max}.`);
    return number;
  };
}

/** A sequence: 1 to the largest there can be. */
export const sequence = integer(1, MAX_SEQUENCE);
/** A sequence, or 0 for the time before the first event. */
export const sequenceOrZero = integer(0, MAX_SEQUENCE);
/** A number of rows to show, which leaves room for reading one more to see whether there are more. */
export const limit = integer(1, Number.MAX_SAFE_INTEGER - 1);

/** A duration in seconds as milliseconds. */
export function seconds(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number > 86_400)
    throw new InvalidArgumentError('is not a number of seconds from 0 to 86400.');
  return Math.round(number * 1000);
}

/** Collects the values of an option that can be given several times. */
export function collectValues(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
