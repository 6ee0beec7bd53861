/** The last millisecond of the year 9999: later times have no ISO form with a four-digit year. */
export const LAST_ISO_TIME = 253_402_300_799_999;

const TEXT_FORM =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\.(\d{3})Z-([0-9A-F]{4})-([0-9A-F]{16})$/;
const HEX = /^(?:\\x)?([0-9a-fA-F]{32})$/;
const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** The text form of a timestamp, or its hex digits when its time is past the year 9999. */
export function timestampText(timestamp: { readonly time: number; readonly hex: string }): string {
  if (timestamp.time > LAST_ISO_TIME) return timestamp.hex;
  const digits = timestamp.hex.slice(12).toUpperCase();
  return `${new Date(timestamp.time).toISOString()}-${digits.slice(0, 4)}-${digits.slice(4)}`;
}

/** The 32 lower-case hex digits that one of the text forms stands for; `undefined` when the text is none of them. */
export function hexFromText(text: string): string | undefined {
  const hex = HEX.exec(text)?.[1] ?? (UUID.test(text) ? text.replaceAll('-', '') : undefined);
  if (hex !== undefined) return hex.toLowerCase();
  const form = TEXT_FORM.exec(text);
  if (form === null) return undefined;
  const [, year, month, day, hour, minute, second, millisecond, counter, node] = form;
  // Without a day of its own in the month, a date would roll over into the next.
  if (Number(day) < 1 || Number(day) > daysOf(Number(year), Number(month))) return undefined;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const time = date + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(millisecond);
  if (Number(year) < 1970) return undefined;
  return `${time.toString(16).padStart(12, '0')}${counter}${node}`.toLowerCase();
}

/** How many days a month has, 1 for January. */
function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
