/** The last millisecond of the year 9999: later times have no ISO form with a four-digit year. */
export const LAST_ISO_TIME = 253_402_300_799_999;

const TEXT_FORM = /^\d{4}-(?:0[1-9]|1[0-2])-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z-[0-9A-F]{4}-[0-9A-F]{16}$/;
const HEX = /^(?:\\x)?([0-9a-fA-F]{32})$/;
const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** The text form of a timestamp, or its hex digits when its time is past the year 9999. */
export function timestampText(timestamp: { readonly time: number; readonly hex: string }): string {
  if (timestamp.time > LAST_ISO_TIME) return timestamp.hex;
  const digits = timestamp.hex.slice(12).toUpperCase();
  return `${isoText(timestamp.time)}-${digits.slice(0, 4)}-${digits.slice(4)}`;
}

const DAY = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const digitsOf = (number: number) => TWO_DIGITS[number] as string;

/** Cache of the last date that was written: neighbours in a log are mostly of one, and writing it takes longest. */
let written = { day: -1, text: '' };

/** A time in ISO form, as `Date` writes it. */
function isoText(time: number): string {
  const day = Math.floor(time / DAY);
  if (day !== written.day) written = { day, text: new Date(day * DAY).toISOString().slice(0, 11) };
  const milliseconds = time - day * DAY;
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = String(milliseconds - seconds * 1000).padStart(3, '0');
  return `${written.text}${digitsOf(Math.floor(minutes / 60))}:${digitsOf(minutes % 60)}:${digitsOf(seconds % 60)}.${rest}Z`;
}

/** The 32 lower-case hex digits of a timestamp or id in one of its text forms; `undefined` for any other text. */
export function hexFromText(text: string): string | undefined {
  if (!TEXT_FORM.test(text)) {
    const hex = HEX.exec(text)?.[1] ?? (UUID.test(text) ? text.replaceAll('-', '') : undefined);
    return hex?.toLowerCase();
  }
  const date = midnight(text.slice(0, 10));
  if (date === undefined) return undefined;
  const number = (begin: number, end: number) => Number(text.slice(begin, end));
  const time = date + ((number(11, 13) * 60 + number(14, 16)) * 60 + number(17, 19)) * 1000 + number(20, 23);
  return `${time.toString(16).padStart(12, '0')}${text.slice(25, 29)}${text.slice(30)}`.toLowerCase();
}

/** Cache of the last date: a file of events has few. */
let known: { readonly date: string; readonly time: number | undefined } = { date: '', time: undefined };

/**
 * The beginning, in UTC, of a date with four, two and two digits; `undefined` when no calendar has it, or it is before
 * 1970.
 */
function midnight(date: string): number | undefined {
  if (known.date !== date) {
    const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
    // Without a day of its own in the month, a date would roll over into the next.
    const isOne = year >= 1970 && day >= 1 && day <= daysOf(year, month);
    known = { date, time: isOne ? Date.UTC(year, month - 1, day) : undefined };
  }
  return known.time;
}

/** Number of days of a month, 1 for January. */
function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
