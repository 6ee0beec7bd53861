import { InvalidArgumentError } from 'commander';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { CliContext } from '../context.js';
import { escapeText } from '../render/escape.js';
import { parseTimeBound, type TellNote } from './time-bound.js';
import { notATime, readTime } from './time/read-time.js';

/** A parser of times for one run of the command line, which is told on standard error what they were taken for. */
type TimeParser<Value> = (context: CliContext) => (text: string) => Value;

/** The first millisecond since 1970 that lies in a time, or behind it: for a beginning. */
export const firstMillisecond: TimeParser<number> = (context) => (text) => {
  const { first, note } = readTime(text) ?? refuse(text);
  if (note !== undefined) notes(context)(note);
  return first;
};

/** The last millisecond since 1970 that lies in a time, or before it: for an end. */
export const lastMillisecond: TimeParser<number> = (context) => (text) => {
  const { last, note } = readTime(text) ?? refuse(text);
  if (note !== undefined) notes(context)(note);
  return last;
};

/** The last reading of a clock that a time includes, or a timestamp as it is. */
export const lastReading: TimeParser<Timestamp> = (context) => (text) =>
  parseTimeBound(text, notes(context)) ?? refuse(text);

/** Tells notes on standard error. The options that might silence them are not known while arguments are read. */
export function notes({ stderr }: CliContext): TellNote {
  return (note) => void stderr.write(`note: ${escapeText(note)}\n`);
}

function refuse(text: string): never {
  throw new InvalidArgumentError(notATime(text));
}
