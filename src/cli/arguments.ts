import { InvalidArgumentError } from 'commander';
import { MAX_SEQUENCE } from '../events.js';
import { InvalidTimestampError } from '../hlc/errors.js';
import { Timestamp } from '../hlc/timestamp.js';
import { parseTime } from './time-argument.js';

/** An aggregate id: 32 hex digits, `\x…`, a UUID, or the text form of a timestamp. */
export function aggregateId(text: string): Timestamp {
  try {
    return Timestamp.parse(text);
  } catch (error) {
    if (error instanceof InvalidTimestampError) throw new InvalidArgumentError(error.hint ?? error.message);
    throw error;
  }
}

/** `new`, or an aggregate id. */
export function aggregateIdOrNew(text: string): Timestamp | 'new' {
  return text === 'new' ? 'new' : aggregateId(text);
}

/** A whole number within bounds, as an argument parser. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < min || number > max)
      throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
    return number;
  };
}

/** A sequence: 1 to the largest there can be. */
export const sequence = integer(1, MAX_SEQUENCE);
/** A sequence, or 0 for the time before the first event. */
export const sequenceOrZero = integer(0, MAX_SEQUENCE);
/** How many rows to show. One more is asked for where it matters whether there are more. */
export const limit = integer(1, Number.MAX_SAFE_INTEGER - 1);

/** A duration in seconds as milliseconds. */
export function seconds(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number > 86_400)
    throw new InvalidArgumentError('Write a number of seconds from 0 to 86400.');
  return Math.round(number * 1000);
}

/** A time as milliseconds since 1970, or the text form of a timestamp for its time. */
export function time(text: string): number {
  const parsed = parseTime(text) ?? timestampTime(text);
  if (parsed === undefined)
    throw new InvalidArgumentError(
      'Write a time like 2026-11-22, "2026-11-22 14:34", 2026-11-22T14:34:05.250Z, "yesterday 14:34" or now.',
    );
  return parsed;
}

/** Collects the values of an option that can be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function timestampTime(text: string): number | undefined {
  return /^\d{4}-.*-[0-9A-F]{16}$/.test(text) ? aggregateId(text).time : undefined;
}
