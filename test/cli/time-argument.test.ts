import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { localTime, parseTime } from '../../src/cli/time-argument.js';

const NOW = new Date(2026, 10, 22, 15, 0, 0, 0).getTime();
const local = (...parts: [number, number, number, number?, number?, number?, number?]) => new Date(...parts).getTime();

test('a time without a zone is local, a date alone is its midnight', (t) => {
  for (const [text, expected] of [
    ['2026-11-22', local(2026, 10, 22)],
    ['2026-11-22 14:34', local(2026, 10, 22, 14, 34)],
    ['2026-11-22T14:34', local(2026, 10, 22, 14, 34)],
    ['2026-11-22 14:34:05', local(2026, 10, 22, 14, 34, 5)],
    ['2026-11-22 14:34:05.25', local(2026, 10, 22, 14, 34, 5, 250)],
    ['2026-07-01', local(2026, 6, 1)],
    ['2024-02-29', local(2024, 1, 29)],
  ] as const)
    t.is(parseTime(text, NOW), expected, text);
});

test('a time with a zone is the same everywhere', (t) => {
  const expected = Date.UTC(2026, 10, 22, 14, 34, 5, 250);
  for (const text of [
    '2026-11-22T14:34:05.250Z',
    '2026-11-22 14:34:05.250Z',
    '2026-11-22T15:34:05.250+01:00',
    '2026-11-22T15:34:05.250+0100',
    '2026-11-22 09:04:05.250 -05:30',
  ])
    t.is(parseTime(text, NOW), expected, text);
});

test('days are named as people name them', (t) => {
  for (const [text, expected] of [
    ['now', NOW],
    ['today', local(2026, 10, 22)],
    ['today 9:05', local(2026, 10, 22, 9, 5)],
    ['yesterday', local(2026, 10, 21)],
    ['yesterday 14:34', local(2026, 10, 21, 14, 34)],
    ['yesterday 14:34:59.999', local(2026, 10, 21, 14, 34, 59, 999)],
  ] as const)
    t.is(parseTime(text, NOW), expected, text);
});

test('yesterday is the day before also across the end of a month, a year and summer time', (t) => {
  const yesterday = (now: number) => parseTime('yesterday 14:34', now);
  t.is(yesterday(local(2026, 2, 1, 1)), local(2026, 1, 28, 14, 34));
  t.is(yesterday(local(2026, 0, 1, 1)), local(2025, 11, 31, 14, 34));
  t.is(yesterday(local(2026, 9, 25, 23, 30)), local(2026, 9, 24, 14, 34));
  t.is(yesterday(local(2026, 2, 30, 0, 30)), local(2026, 2, 29, 14, 34));
});

test('what no calendar and no clock shows is no time', (t) => {
  for (const text of [
    '',
    ' ',
    'soon',
    '2026',
    '2026-11',
    '2026-02-29',
    '2026-11-31',
    '2026-13-01',
    '2026-00-10',
    '2026-11-22 24:00',
    '2026-11-22 12:60',
    '2026-11-22 12:00:60',
    '2026-11-22 12',
    '2026-11-22T14:34:05.2501Z',
    '2026-11-22T14:34+25:00',
    '2026-11-22Z',
    '22.11.2026',
    '1969-12-31',
    'yesterday 25:00',
    'tomorrow',
    '1700000000000',
  ])
    t.is(parseTime(text, NOW), undefined, JSON.stringify(text));
});

testProp(
  'a local time reads back as the millisecond it was printed for',
  // An hour in autumn has two readings, so only winter times are taken.
  [fc.date({ min: new Date('1990-01-02T00:00Z'), max: new Date('2200-01-01T00:00Z'), noInvalidDate: true })],
  (t, date) => {
    date.setMonth(0);
    t.is(parseTime(localTime(date.getTime())), date.getTime());
  },
);
