/** The last millisecond of the year 9999: later times have no ISO form with a four-digit year. */
export const LAST_ISO_TIME = 253_402_300_799_999;

const TEXT_FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)-([0-9A-F]{4})-([0-9A-F]{16})$/;
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
  const [, iso, counter, node] = TEXT_FORM.exec(text) ?? [];
  if (iso === undefined) return undefined;
  const time = Date.parse(iso);
  // Date.parse takes 24:00 and rolls it over; a form that does not print the same was never printed by a clock.
  if (Number.isNaN(time) || time < 0 || new Date(time).toISOString() !== iso) return undefined;
  return `${time.toString(16).padStart(12, '0')}${counter}${node}`.toLowerCase();
}
