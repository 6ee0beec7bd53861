import { localSpan, localTimeOf } from './local.js';

/**
 * The milliseconds since 1970 of a written time, both ends included. A date is its whole day, a time without a fraction its
 * whole second. A time between two milliseconds has the later one as `first` and the earlier one as `last`, so that
 * `--since` excludes what is before it and `--until` what is after it.
 */
export interface TimeSpan {
  readonly first: number;
  readonly last: number;
  /** The time as one point: of a day or a second its first millisecond. */
  readonly point: number;
  /** A sentence for the user: the local time does not exist, or exists twice. */
  readonly note?: string;
}

/** The span of one millisecond. */
export function instant(time: number): TimeSpan {
  return { first: time, last: time, point: time };
}

/** A time of day with its zone; local without one. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Up to nine digits of the fraction of a second; empty when there is none. */
  readonly fraction: string;
  /** Minutes ahead of UTC. */
  readonly zone: number | undefined;
}

/** A day of the calendar, its month from 1 to 12. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A time of day and its zone: `14:34`, `9:05:07,25`, `14:34:05.123456789+05:30`. */
const TIME_OF_DAY =
  /^(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?(?: ?(?<zone>z|(?:utc|gmt)?(?<sign>[+-])(?<hours>\d{2}):?(?<minutes>\d{2})?(?: utc)?|utc|gmt))?$/;

/** Minutes from UTC that no zone reaches; PostgreSQL allows up to 15 hours and 59 minutes. */
const FARTHEST_ZONE = 16 * 60;

/** A time of day on the 12-hour clock: `2pm`, `2:30 p.m.`, `12:05:07 am`. */
const HALF_DAY = /^(?<hour>\d{1,2})(?<rest>(?::\d{2}){0,2}(?:[.,]\d{1,9})?) ?(?<half>[ap])\.?m\.?$/;

/** The text on the 24-hour clock. */
function inTwentyFour(text: string): string {
  if (text === 'noon') return '12:00';
  if (text === 'midnight') return '0:00';
  const { hour = '', rest = '', half } = HALF_DAY.exec(text)?.groups ?? {};
  if (half === undefined || Number(hour) < 1 || Number(hour) > 12) return text;
  return `${(Number(hour) % 12) + (half === 'p' ? 12 : 0)}${rest === '' ? ':00' : rest}`;
}

/** Reads a time of day from a text in lower case; `undefined` for other texts, and for 25:00. */
export function readTimeOfDay(text: string): TimeOfDay | undefined {
  const {
    hour,
    minute,
    second = '0',
    fraction = '',
    zone,
    sign,
    hours = '0',
    minutes = '0',
  } = TIME_OF_DAY.exec(inTwentyFour(text))?.groups ?? {};
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offset = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || offset >= FARTHEST_ZONE) return undefined;
  return {
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
    zone: zone === undefined ? undefined : sign === '-' ? -offset : offset,
  };
}

/** True for a day that exists, from the year 1000 on. */
export function isDay({ year, month, day }: CalendarDay): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A whole local day, which may be longer or shorter than 24 hours. */
export function spanOfDay({ year, month, day }: CalendarDay): TimeSpan {
  const date = new Date(year, month - 1, day);
  const first = date.getTime();
  const span = { first, last: new Date(year, month - 1, day + 1).getTime() - 1, point: first };
  if (date.getDate() === day) return span;
  return {
    ...span,
    note: `The day ${localTimeOf(Date.UTC(year, month - 1, day)).slice(0, 10)} does not exist in this time zone.`,
  };
}

/** The span of a time of day on a day: the whole second, or the millisecond of its fraction. */
export function spanOfTimeOfDay({ year, month, day }: CalendarDay, clock: TimeOfDay): TimeSpan {
  const { hour, minute, second, fraction, zone } = clock;
  const atSecond = Date.UTC(year, month - 1, day, hour, minute, second);
  const { first, last, note } =
    zone === undefined ? localSpan(atSecond) : { first: atSecond - zone * 60_000, last: atSecond - zone * 60_000 };
  const [from, to] = millisecondsOf(fraction);
  const point = last + (fraction === '' ? 0 : to);
  return { first: first + from, last: last + to, point, ...(note === undefined ? {} : { note }) };
}

/** The milliseconds of a fraction of a second, rounded up for `first` and down for `last`. */
export function millisecondsOf(fraction: string): readonly [first: number, last: number] {
  if (fraction === '') return [0, 999];
  const digits = fraction.padEnd(9, '0');
  const milliseconds = Number(digits.slice(0, 3));
  return [milliseconds + (Number(digits.slice(3)) > 0 ? 1 : 0), milliseconds];
}
