import { InvalidArgumentError } from 'commander';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { CliContext } from '../context.js';
import { escapeText } from '../../text/escape.js';
import { parseTimeBound, type TellNote } from '../../text/time/time-bound.js';
import { notATime, readTime } from '../../text/time/read-time.js';

/** A parser of times that prints notes about them, such as that a local time exists twice, to standard error. */
type TimeParser<Value> = (context: CliContext) => (text: string) => Value;

/** Parses a time as the start of a range: its first millisecond since 1970. */
export const firstMillisecond: TimeParser<number> = (context) => (text) => {
  const { first, note } = readTime(text) ?? refuse(text);
  if (note !== undefined) notes(context)(note);
  return first;
};

/** Parses a time as the end of a range: its last millisecond since 1970. */
export const lastMillisecond: TimeParser<number> = (context) => (text) => {
  const { last, note } = readTime(text) ?? refuse(text);
  if (note !== undefined) notes(context)(note);
  return last;
};

/** Parses a time or timestamp as a point of a history: the largest timestamp that it includes. */
export const lastReading: TimeParser<Timestamp> = (context) => (text) =>
  parseTimeBound(text, notes(context)) ?? refuse(text);

/** Prints notes to standard error. They ignore `--quiet`, which is not known yet while arguments are parsed. */
export function notes({ stderr }: CliContext): TellNote {
  return (note) => void stderr.write(`note: ${escapeText(note)}\n`);
}

function refuse(text: string): never {
  throw new InvalidArgumentError(notATime(text));
}
