import { LAST_ISO_TIME } from '../../hlc/timestamp-text.js';
import { MAX_COUNTER, MAX_NODE_ID, type Timestamp } from '../../hlc/timestamp.js';
import { localInstant } from '../../text/time/local.js';

/** The text of a point in time for messages, such as `2026-11-28T00:00:00.000+01:00`; a timestamp in its text form. */
export function pointInTime(reading: Timestamp): string {
  const { time, counter, nodeId } = reading;
  const isWhole = counter === MAX_COUNTER && nodeId === MAX_NODE_ID && time <= LAST_ISO_TIME;
  return isWhole ? localInstant(time) : reading.toString();
}

/** A local date and time to the millisecond, such as `2026-11-22 14:34:05.250`; `after the year 9999` where that is so. */
export function localTime(time: number): string {
  if (time > LAST_ISO_TIME) return 'after the year 9999';
  const date = new Date(time);
  const part = (value: number, length = 2) => String(value).padStart(length, '0');
  const clock = `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}`;
  return `${localDate(date)} ${clock}.${part(date.getMilliseconds(), 3)}`;
}

/** A local date and time to the second, such as `2026-11-22 14:34:05`; `after the year 9999` where that is so. */
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
