import {
  type TimeOfDay,
  type CalendarDay,
  isDay,
  readTimeOfDay,
  spanOfTimeOfDay,
  spanOfDay,
  type TimeSpan,
} from './span.js';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(?<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const WEEKDAY = '(?:(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*,? )?';
const YEAR = '(?<year>\\d{4})';
const DATE = '(?<day>\\d{1,2})';

/** Forms of dates, in lower case with single spaces; the group `clock` is the text behind the date. */
const FORMS = [
  // PostgreSQL, ISO 8601, logs of many programs; an Elixir sigil is unwrapped before.
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[t ](?<clock>.+))?$/,
  // The basic form of ISO 8601, whose clock gets its colons below.
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})t(?<basic>\d{4}(?:\d{2}(?:[.,]\d{1,9})?)?(?:z|[+-]\d{2}(?::?\d{2})?)?)$/,
  /^(?<year>\d{4})\/(?<month>\d{2})\/(?<day>\d{2})(?: (?<clock>.+))?$/,
  // RFC 5322, HTTP, web servers.
  new RegExp(`^${WEEKDAY}${DATE}[ /-]${MONTH}[ /-]${YEAR}(?:[: ](?<clock>.+))?$`),
  // Letters, JavaScript.
  new RegExp(`^${WEEKDAY}${MONTH} ${DATE},? ${YEAR}(?: (?<clock>.+))?$`),
  // date(1), C, Git.
  new RegExp(`^${WEEKDAY}${MONTH} ${DATE} (?<clock>[\\d:.]+)(?<zone> [a-z]+)? ${YEAR}(?<offset> [+-]\\d{4})?$`),
];

/** Forms of dates without a year. They need a time of day, because `22 nov` alone could be in any year. */
const OF_NO_YEAR = [
  new RegExp(`^${WEEKDAY}${DATE} ${MONTH},?(?: at)? (?<clock>\\S.*)$`),
  new RegExp(`^${WEEKDAY}${MONTH} ${DATE},?(?: at)? (?<clock>\\S.*)$`),
];

/** A date with an optional time of day; `refused` for one that does not exist, such as 31 February. */
export type Dated = { readonly day: CalendarDay; readonly clock: TimeOfDay | undefined } | 'refused';

/** Reads a date from a text in lower case with single spaces; `undefined` when it does not look like one. */
export function readDate(text: string): Dated | undefined {
  const groups = FORMS.map((form) => form.exec(unwrapped(text))?.groups).find((found) => found !== undefined);
  if (groups === undefined) return undefined;
  const { name, month = monthOf(name), basic, zone = '', offset = '' } = groups;
  const clock = groups['clock'] ?? basic?.replace(/^(\d\d)(\d\d)(\d\d)?/, (_, h, m, s = '00') => `${h}:${m}:${s}`);
  const day = { year: Number(groups['year']), month: Number(month), day: Number(groups['day']) };
  const time = clock === undefined ? undefined : readTimeOfDay(`${clock}${zone}${offset}`);
  return isDay(day) && (clock === undefined || time !== undefined) ? { day, clock: time } : 'refused';
}

/**
 * Reads a date and time without a year, as the last one that is not in the future; `undefined` when the text does not look
 * like one.
 */
export function readDateOfNoYear(text: string, now: number): Dated | undefined {
  const groups = OF_NO_YEAR.map((form) => form.exec(text)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return undefined;
  const clock = readTimeOfDay(groups['clock'] ?? '');
  if (clock === undefined) return 'refused';
  const thisYear = new Date(now).getFullYear();
  // The 29th of February is up to eight years ago.
  for (let year = thisYear + 1; year > thisYear - 9; year -= 1) {
    const day = { year, month: Number(monthOf(groups['name'])), day: Number(groups['day']) };
    if (isDay(day) && spanOfTimeOfDay(day, clock).first <= now) return { day, clock };
  }
  return 'refused';
}

function monthOf(name = ''): string {
  return String(MONTHS.indexOf(name.slice(0, 3)) + 1);
}

/** The span of time of a date. */
export function spanOfDate({ day, clock }: Exclude<Dated, 'refused'>): TimeSpan {
  return clock === undefined ? spanOfDay(day) : spanOfTimeOfDay(day, clock);
}

/** The text without the additions of Elixir and JavaScript: `~U[…]`, ` (Central European Time)`. */
function unwrapped(text: string): string {
  return text.replace(/^~u\[(.*)\]$/, '$1').replace(/ \([^()]*\)$/, '');
}
