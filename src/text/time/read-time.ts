import { LAST_ISO_TIME } from '../../hlc/timestamp-text.js';
import { InvalidTimestampError } from '../../hlc/errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { readDate, readDateOfNoYear, spanOfDate } from './calendar.js';
import { readRelative } from './relative.js';
import { instant, millisecondsOf, type TimeSpan } from './span.js';

/** Seconds since 1970 as `@` and digits, as for date(1), or as ten digits; milliseconds as thirteen digits. */
const EPOCH = /^(?:@(?<at>\d{1,12})(?:\.(?<fraction>\d{1,9}))?|(?<seconds>\d{10})|(?<milliseconds>\d{13}))$/;
/** A timestamp in its text form. */
const TIMESTAMP = /^\d{4}-.*Z-[0-9A-F]{4}-[0-9A-F]{16}$/;
const MORE = 'See `maestro help times`.';
const FORMS = 'Write a time like 2026-11-22, "2026-11-22 14:34:05+01", "yesterday 14:34", 2h, "3 days ago" or now.';
/** A date and a time of day, followed by a text that looks like the name of a time zone. */
const NAMED_ZONE = /^(.*\d) ?(?!utc|gmt|am|pm|z\b)([a-z]{3,5}|[a-z_]+\/[a-z_/+-]+)$/;

const OUTSIDE = 'No event is earlier than 1970 or later than the year 9999.';

/**
 * Reads a time in any common form. Without a zone it is local. `undefined` for a text that is not a time, for a date that
 * does not exist, and for times before 1970 or after the year 9999.
 */
export function readTime(text: string, now = Date.now()): TimeSpan | undefined {
  const span = isMonthOrMinute(text) ? undefined : spanOf(text, now);
  if (span === undefined || span.last < 0 || span.first > LAST_ISO_TIME) return undefined;
  return { ...span, first: Math.max(0, span.first), point: Math.max(0, span.point) };
}

/** Sentences that say why a text is not a time, what to write instead, and where to read more. */
export function timeRefusal(text: string): string {
  return `${reason(text)} ${MORE}`;
}

function reason(text: string): string {
  const plain = normalised(text);
  if (/^\d+$/.test(plain))
    return 'A number alone counts since 1970: seconds if it has ten digits, milliseconds if it has thirteen. Write @ before any other number of seconds.';
  if (/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b/.test(plain))
    return 'Write the year first, as in 2026-11-22: which number is the month differs from place to place.';
  if (/^\d{4}-\d{2}$/.test(plain))
    return `A month alone is not accepted: write its first day for --since (${plain}-01), and its last day for --until.`;
  if (isMonthOrMinute(text)) return 'Write 1m for a minute and 1mo for a month.';
  if (/\d\.\d{2}$/.test(plain) && spanOf(plain.replace(/\.(?=\d{2}$)/, ':'), Date.now()) !== undefined)
    return `Write a colon between hours and minutes: ${plain.replace(/\.(?=\d{2}$)/, ':')}.`;
  const [, before = '', zone] = NAMED_ZONE.exec(plain) ?? [];
  if (zone !== undefined && spanOf(before, Date.now()) !== undefined)
    return `Names of time zones such as ${zone.includes('/') ? zone : zone.toUpperCase()} are not accepted: write the offset, as in "${before}+01".`;
  if (readDate(plain) === 'refused') return 'There is no such date or time of day. ' + FORMS;
  if (spanOf(text, Date.now()) !== undefined) return OUTSIDE;
  const timestamp = timestampOf(text);
  if (timestamp === undefined) return FORMS;
  return `That is an id, or a timestamp in hex. If you mean its time, write ${timestamp.toString()}.`;
}

/** The reason and the remedy for a refused time, to follow the text itself in a message. `expected` names what it should be. */
export function notATime(text: string, expected = 'a time'): string {
  return `${reason(text) === OUTSIDE ? 'is out of range' : `is not ${expected}`}. ${timeRefusal(text)}`;
}

function spanOf(text: string, now: number): TimeSpan | undefined {
  if (TIMESTAMP.test(text)) {
    const time = timestampOf(text)?.time;
    return time === undefined ? undefined : instant(time);
  }
  const plain = normalised(text);
  const dated = readDate(plain) ?? readDateOfNoYear(plain, now);
  if (dated === 'refused') return undefined;
  return dated === undefined ? (epoch(plain) ?? readRelative(plain, now)) : spanOfDate(dated);
}

function epoch(text: string): TimeSpan | undefined {
  const { at, fraction = '', seconds = at, milliseconds } = EPOCH.exec(text)?.groups ?? {};
  if (milliseconds !== undefined) return instant(Number(milliseconds));
  if (seconds === undefined) return undefined;
  const [from, to] = millisecondsOf(fraction);
  const time = Number(seconds) * 1000;
  return { first: time + from, last: time + to, point: time + (fraction === '' ? 0 : to) };
}

/** The text trimmed, in lower case and with single spaces. */
function normalised(text: string): string {
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** True for `1M`, which could be a month or a minute. */
function isMonthOrMinute(text: string): boolean {
  return /^-?\d+ ?M$/.test(text.trim());
}

/** Reads a timestamp in any of its forms; `undefined` for other texts. */
export function timestampOf(text: string): Timestamp | undefined {
  try {
    return Timestamp.parse(text);
  } catch (error) {
    if (error instanceof InvalidTimestampError) return undefined;
    throw error;
  }
}
