import { LAST_ISO_TIME } from '../hlc/text.js';

/** A date, or a date and a time, with or without a zone; without one the local time is meant. */
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;
const DAY = /^(today|yesterday)(?: (\d{1,2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?)?$/;

/**
 * Milliseconds since 1970 of a time as people write it: `2026-11-22`, `2026-11-22 14:34`, `2026-11-22T14:34:05.250Z`,
 * `yesterday 14:34`, `now`. Without a zone it is local; a date alone is its first moment. `undefined` for anything else,
 * such as 30 February.
 */
export function parseTime(text: string, now = Date.now()): number | undefined {
  if (text === 'now') return now;
  const day = DAY.exec(text);
  if (day !== null) {
    const date = new Date(now);
    if (day[1] === 'yesterday') date.setDate(date.getDate() - 1);
    const time = (day[2] ?? '00:00').padStart(5, '0');
    return parseTime(`${localDate(date)} ${time}${day[3] ?? ''}`);
  }
  const [, date, time = '00:00', seconds = ':00', zone = ''] = ISO.exec(text) ?? [];
  if (date === undefined || !isCalendarDate(date) || time >= '24') return undefined;
  const result = Date.parse(`${date}T${time}${seconds}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(result) || result < 0 ? undefined : result;
}

/** A local date and time to the millisecond, such as `2026-11-22 14:34:05.250`; words for one past the year 9999. */
export function localTime(time: number): string {
  if (time > LAST_ISO_TIME) return 'after the year 9999';
  const date = new Date(time);
  const part = (value: number, length = 2) => String(value).padStart(length, '0');
  const clock = `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}`;
  return `${localDate(date)} ${clock}.${part(date.getMilliseconds(), 3)}`;
}

/** A local date and time to the second, such as `2026-11-22 14:34:05`; words for one past the year 9999. */
export function shortTime(time: number): string {
  return localTime(time).replace(/\.\d{3}$/, '');
}

/** The local date of a time, such as `2026-11-22`. */
export function localDay(time: number): string {
  return time > LAST_ISO_TIME ? 'after the year 9999' : localDate(new Date(time));
}

function localDate(date: Date): string {
  const part = (value: number, length: number) => String(value).padStart(length, '0');
  return `${part(date.getFullYear(), 4)}-${part(date.getMonth() + 1, 2)}-${part(date.getDate(), 2)}`;
}

function isCalendarDate(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00.000Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}
