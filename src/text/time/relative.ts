import { type CalendarDay, instant, readTimeOfDay, spanOfTimeOfDay, spanOfDay, type TimeSpan } from './span.js';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const NAMED_DAY =
  /^(?:(today|yesterday)|(?:last )?(sun(?:day)?|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs?|rsday)?|fri(?:day)?|sat(?:urday)?))(?:(?: at)? (.+))?$/;
/** A named day after the time: `14:30 yesterday`. */
const TIME_FIRST =
  /^(?<time>(?:\d|noon|midnight).*?)(?: on)? (?<day>today|yesterday|(?:last )?(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*)$/;

/** Units of fixed length in milliseconds, and units of the calendar in days and months. */
const UNITS: readonly (readonly [name: RegExp, milliseconds: number, days: number, months: number])[] = [
  [/^(?:ms|milliseconds?)$/, 1, 0, 0],
  [/^(?:s|secs?|seconds?)$/, 1000, 0, 0],
  [/^(?:m|mins?|minutes?)$/, 60_000, 0, 0],
  [/^(?:h|hrs?|hours?)$/, 3_600_000, 0, 0],
  [/^(?:d|days?)$/, 0, 1, 0],
  [/^(?:w|wks?|weeks?)$/, 0, 7, 0],
  [/^(?:mo|mos|months?)$/, 0, 0, 1],
  [/^(?:y|yrs?|years?)$/, 0, 0, 12],
];
const AMOUNT = /(\d{1,9}(?:\.\d{1,3})?|an?|one) ?([a-z]+)/;
const AMOUNTS = new RegExp(`^-?${AMOUNT.source}(?:,? (?:and )?${AMOUNT.source}|${AMOUNT.source})*(?: ago)?$`);

/** Reads a time relative to now from a text in lower case with single spaces; `undefined` for other texts. */
export function readRelative(text: string, now: number): TimeSpan | undefined {
  if (text === 'now') return instant(now);
  return namedDay(text, now) ?? timeOfToday(text, now) ?? ago(text, now);
}

/** Reads `yesterday`, `today 9:05` or `monday`, the last one before today. */
function namedDay(text: string, now: number): TimeSpan | undefined {
  const [, name, weekday, time] = NAMED_DAY.exec(text.replace(TIME_FIRST, '$<day> $<time>')) ?? [];
  if (name === undefined && weekday === undefined) return undefined;
  const date = new Date(now);
  const back = weekday === undefined ? Number(name === 'yesterday') : daysSince(weekdayOf(weekday), date);
  date.setDate(date.getDate() - back);
  if (time === undefined) return spanOfDay(dayOf(date));
  const clock = readTimeOfDay(time);
  // With a zone it would be unclear in which zone the day is.
  return clock === undefined || clock.zone !== undefined ? undefined : spanOfTimeOfDay(dayOf(date), clock);
}

function weekdayOf(name: string): number {
  return WEEKDAYS.findIndex((weekday) => weekday.startsWith(name.slice(0, 3)));
}

function daysSince(weekday: number, date: Date): number {
  return ((date.getDay() - weekday + 6) % 7) + 1;
}

function timeOfToday(text: string, now: number): TimeSpan | undefined {
  const clock = readTimeOfDay(text);
  return clock === undefined || clock.zone !== undefined ? undefined : spanOfTimeOfDay(dayOf(new Date(now)), clock);
}

/** Reads `2 weeks ago`, `14d`, `-1h30m` or `an hour ago`. Days, months and years keep the local time of day. */
function ago(text: string, now: number): TimeSpan | undefined {
  if (!AMOUNTS.test(text) || (text.startsWith('-') && text.endsWith(' ago'))) return undefined;
  let [milliseconds, days, months] = [0, 0, 0];
  for (const [, number = '', unit = ''] of text.replace(/ ago$|,? and |,/g, ' ').matchAll(new RegExp(AMOUNT, 'g'))) {
    const [, each = 0, eachDays = 0, eachMonths = 0] = UNITS.find(([name]) => name.test(unit)) ?? [];
    const amount = /^\d/.test(number) ? Number(number) : 1;
    if (each + eachDays + eachMonths === 0 || (each === 0 && !Number.isInteger(amount))) return undefined;
    milliseconds += amount * each;
    days += amount * eachDays;
    months += amount * eachMonths;
  }
  const time = earlier(new Date(now), days, months).getTime() - Math.round(milliseconds);
  return Number.isNaN(time) ? undefined : instant(time);
}

/** The date moved back by months, then by days; in a month that is too short, its last day. */
function earlier(date: Date, days: number, months: number): Date {
  const day = date.getDate();
  date.setMonth(date.getMonth() - months);
  if (date.getDate() !== day) date.setDate(0);
  date.setDate(date.getDate() - days);
  return date;
}

function dayOf(date: Date): CalendarDay {
  return { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() };
}
