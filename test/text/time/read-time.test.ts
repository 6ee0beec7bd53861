import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { readTime, timeRefusal } from '../../../src/text/time/read-time.js';
import { localDay, localTime, shortTime } from '../../../src/cli/render/local-time.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';

/** A Sunday; 16:00 in Berlin, 10:00 in New York, 20:30 in Kolkata. */
const NOW = Date.parse('2026-11-22T15:00:00.000Z');
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'];

/** Reads times as in another time zone. Everything in between is synchronous, so no other test sees it. */
function inZone<Value>(zone: string, work: () => Value): Value {
  const { TZ } = process.env;
  process.env['TZ'] = zone;
  try {
    return work();
  } finally {
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  }
}

/** The first and the last millisecond of a text, as ISO times; one for an instant. */
function read(text: string, now = NOW): string | undefined {
  const span = readTime(text, now);
  if (span === undefined) return undefined;
  const [first, last] = [span.first, span.last].map((time) => new Date(time).toISOString());
  return first === last ? first : `${first}/${last}`;
}

const second = (time: string) => `${time}.000Z/${time}.999Z`;

test('what says its zone, or counts from 1970, is the same time everywhere', (t) => {
  const whole = second('2026-11-22T14:34:05');
  for (const [text, expected] of [
    // As psql prints it, in zones of whole, half and quarter hours.
    ['2026-11-22 14:34:05+00', whole],
    ['2026-11-22 15:34:05+01', whole],
    ['2026-11-22 09:34:05-05', whole],
    ['2026-11-22 20:04:05+05:30', whole],
    ['2026-11-22 20:19:05+05:45', whole],
    ['2026-11-22 14:34:05.25+00', '2026-11-22T14:34:05.250Z'],
    // Six and nine digits: what is no whole millisecond has a first one behind it, and a last one before it.
    ['2026-11-22 14:34:05.250000+00', '2026-11-22T14:34:05.250Z'],
    ['2026-11-22 14:34:05.250001+00', '2026-11-22T14:34:05.251Z/2026-11-22T14:34:05.250Z'],
    ['2026-11-22T14:34:05.999999999Z', '2026-11-22T14:34:06.000Z/2026-11-22T14:34:05.999Z'],
    ['2026-11-22T14:34:05.250000000Z', '2026-11-22T14:34:05.250Z'],
    ['2026-11-22T14:34:05.1Z', '2026-11-22T14:34:05.100Z'],
    ['2026-11-22T14:34:05Z', whole],
    ['2026-11-22t14:34:05z', whole],
    ['2026-11-22T14:34:05.250z', '2026-11-22T14:34:05.250Z'],
    ['2026-11-22T20:04:05+0530', whole],
    ['2026-11-22 14:34:05 +0000', whole],
    ['2026-11-22 14:34:05 UTC', whole],
    ['2026-11-22 14:34:05.250 +0000 UTC', '2026-11-22T14:34:05.250Z'],
    ['2026-11-22 14:34:05,250+00', '2026-11-22T14:34:05.250Z'],
    ['2026-11-22T14:34Z', second('2026-11-22T14:34:00')],
    ['  2026-11-22   14:34:05+00 ', whole],
    ['20261122T143405Z', whole],
    ['20261122T153405+0100', whole],
    ['20261122T1434Z', second('2026-11-22T14:34:00')],
    ['20261122T143405.25Z', '2026-11-22T14:34:05.250Z'],
    ['~U[2026-11-22 14:34:05.250Z]', '2026-11-22T14:34:05.250Z'],
    ['Sun, 22 Nov 2026 14:34:05 GMT', whole],
    ['22/Nov/2026:14:34:05 +0000', whole],
    ['Sun Nov 22 14:34:05 UTC 2026', whole],
    ['Sun Nov 22 15:34:05 2026 +0100', whole],
    ['Sun Nov 22 2026 15:34:05 GMT+0100 (Central European Standard Time)', whole],
    ['2026-11-22T14:34:05.250Z-002E-F3D2116E5C2B276D', '2026-11-22T14:34:05.250Z'],
    ['1795358045', whole],
    ['1795358045250', '2026-11-22T14:34:05.250Z'],
    ['@1795358045', whole],
    ['@1795358045.250001', '2026-11-22T14:34:05.251Z/2026-11-22T14:34:05.250Z'],
    ['@0', second('1970-01-01T00:00:00')],
    ['now', '2026-11-22T15:00:00.000Z'],
    ['NOW', '2026-11-22T15:00:00.000Z'],
    ['90m', '2026-11-22T13:30:00.000Z'],
    ['-1h', '2026-11-22T14:00:00.000Z'],
    ['1.5h', '2026-11-22T13:30:00.000Z'],
    ['1h30m', '2026-11-22T13:30:00.000Z'],
    ['1 hour and 30 minutes ago', '2026-11-22T13:30:00.000Z'],
    ['an hour ago', '2026-11-22T14:00:00.000Z'],
    ['30 secs ago', '2026-11-22T14:59:30.000Z'],
    ['250ms', '2026-11-22T14:59:59.750Z'],
    ['14d', '2026-11-08T15:00:00.000Z'],
    ['2w', '2026-11-08T15:00:00.000Z'],
    ['2 weeks ago', '2026-11-08T15:00:00.000Z'],
    ['2 Weeks Ago', '2026-11-08T15:00:00.000Z'],
  ] as const)
    for (const zone of ZONES)
      t.is(
        inZone(zone, () => read(text)),
        expected,
        `${text} in ${zone}`,
      );
});

test('what says no zone is local: a date is its whole day, a time its whole second', (t) => {
  const day = '2026-11-21T23:00:00.000Z/2026-11-22T22:59:59.999Z';
  for (const [zone, text, expected] of [
    ['Europe/Berlin', '2026-11-22', day],
    ['Europe/Berlin', 'today', day],
    ['Europe/Berlin', '2026/11/22', day],
    ['Europe/Berlin', '22 Nov 2026', day],
    ['Europe/Berlin', 'November 22, 2026', day],
    ['Europe/Berlin', '22-nov-2026', day],
    ['America/New_York', '2026-11-22', '2026-11-22T05:00:00.000Z/2026-11-23T04:59:59.999Z'],
    ['Asia/Kolkata', '2026-11-22', '2026-11-21T18:30:00.000Z/2026-11-22T18:29:59.999Z'],
    ['Europe/Berlin', '2026-11-22 14:34', second('2026-11-22T13:34:00')],
    ['Europe/Berlin', '2026-11-22 14:34:05', second('2026-11-22T13:34:05')],
    ['Europe/Berlin', '2026-11-22T14:34:05.250', '2026-11-22T13:34:05.250Z'],
    ['Asia/Kolkata', '2026-11-22 14:34:05', second('2026-11-22T09:04:05')],
    ['Europe/Berlin', '2026-07-01 12:00', second('2026-07-01T10:00:00')],
    ['Europe/Berlin', 'Sun Nov 22 14:34:05 2026', second('2026-11-22T13:34:05')],
    ['Europe/Berlin', '14:34', second('2026-11-22T13:34:00')],
    ['Europe/Berlin', '9:05:07.5', '2026-11-22T08:05:07.500Z'],
    ['Europe/Berlin', 'yesterday', '2026-11-20T23:00:00.000Z/2026-11-21T22:59:59.999Z'],
    ['Europe/Berlin', 'yesterday 14:34', second('2026-11-21T13:34:00')],
    ['Europe/Berlin', 'yesterday at 14:34:59.999', '2026-11-21T13:34:59.999Z'],
    ['Europe/Berlin', 'monday', '2026-11-15T23:00:00.000Z/2026-11-16T22:59:59.999Z'],
    ['Europe/Berlin', 'last sunday', '2026-11-14T23:00:00.000Z/2026-11-15T22:59:59.999Z'],
    ['Europe/Berlin', 'saturday 14:34', second('2026-11-21T13:34:00')],
    ['Europe/Berlin', 'sat', '2026-11-20T23:00:00.000Z/2026-11-21T22:59:59.999Z'],
    ['Europe/Berlin', 'Sat 2:34pm', second('2026-11-21T13:34:00')],
    ['Europe/Berlin', 'last thu', '2026-11-18T23:00:00.000Z/2026-11-19T22:59:59.999Z'],
    ['Europe/Berlin', '14:34 yesterday', second('2026-11-21T13:34:00')],
    ['Europe/Berlin', '2:34 p.m. on saturday', second('2026-11-21T13:34:00')],
    ['Europe/Berlin', 'yesterday 2:34pm', second('2026-11-21T13:34:00')],
    ['Europe/Berlin', 'yesterday at 12am', second('2026-11-20T23:00:00')],
    ['Europe/Berlin', '2026-11-22 2:34:05 PM', second('2026-11-22T13:34:05')],
    ['Europe/Berlin', '20261122T143405', second('2026-11-22T13:34:05')],
    ['Europe/Berlin', 'noon', second('2026-11-22T11:00:00')],
    ['Europe/Berlin', 'yesterday noon', second('2026-11-21T11:00:00')],
    ['Europe/Berlin', '12pm', second('2026-11-22T11:00:00')],
    ['Europe/Berlin', 'midnight', second('2026-11-21T23:00:00')],
    ['Europe/Berlin', '21 Nov 14:30', second('2026-11-21T13:30:00')],
    ['Europe/Berlin', 'Nov 28 14:30', second('2025-11-28T13:30:00')],
    ['Europe/Berlin', 'November 22 at 15:59', second('2026-11-22T14:59:00')],
    ['Europe/Berlin', '22 nov 16:01', second('2025-11-22T15:01:00')],
    ['UTC', '29 Feb 12:00', second('2024-02-29T12:00:00')],
    // In New York it is still Sunday when Kolkata has Monday.
    ['Asia/Kolkata', 'today 0:00', second('2026-11-21T18:30:00')],
    // By the calendar: the time of day stays, also across the end of summer time.
    ['Europe/Berlin', '30d', '2026-10-23T14:00:00.000Z'],
    ['Europe/Berlin', '1 month ago', '2026-10-22T14:00:00.000Z'],
    ['Europe/Berlin', '1y', '2025-11-22T15:00:00.000Z'],
    ['Europe/Berlin', '720h', '2026-10-23T15:00:00.000Z'],
    ['UTC', '1mo', '2026-10-22T15:00:00.000Z'],
    ['UTC', '2024-02-29', '2024-02-29T00:00:00.000Z/2024-02-29T23:59:59.999Z'],
    ['Europe/Berlin', '1970-01-01', '1970-01-01T00:00:00.000Z/1970-01-01T22:59:59.999Z'],
  ] as const)
    t.is(
      inZone(zone, () => read(text)),
      expected,
      `${text} in ${zone}`,
    );
  const endOfMay = Date.parse('2026-05-31T12:00:00Z');
  t.is(
    inZone('UTC', () => read('3 months ago', endOfMay)),
    '2026-02-28T12:00:00.000Z',
  );
});

test('a local time that is skipped is taken an hour on, one that comes twice as both, and it is said', (t) => {
  const told = (text: string) => readTime(text, NOW)?.note;
  for (const [zone, text, expected, note] of [
    [
      'Europe/Berlin',
      '2026-03-29 02:30',
      second('2026-03-29T01:30:00'),
      /time 2026-03-29 02:30:00 does not exist.* 2026-03-29 03:30:00\+02:00 /,
    ],
    ['America/New_York', '2026-03-08 02:00', second('2026-03-08T07:00:00'), /03:00:00-04:00 /],
    [
      'Europe/Berlin',
      '2026-10-25 02:30',
      '2026-10-25T00:30:00.000Z/2026-10-25T01:30:00.999Z',
      /2026-10-25 02:30:00 exists twice.* 2026-10-25 02:30:00\+02:00 and 2026-10-25 02:30:00\+01:00\./,
    ],
    ['Pacific/Apia', '2011-12-30 12:00', second('2011-12-30T22:00:00'), /2011-12-31 12:00:00\+14:00 /],
    [
      'Pacific/Apia',
      '2011-12-30',
      '2011-12-30T10:00:00.000Z/2011-12-30T09:59:59.999Z',
      /The day 2011-12-30 does not exist/,
    ],
  ] as const)
    inZone(zone, () => {
      t.is(read(text), expected, `${text} in ${zone}`);
      t.regex(told(text) ?? '', note);
    });
  inZone('Europe/Berlin', () => {
    for (const text of [
      '2026-03-29 01:59:59',
      '2026-03-29 03:00',
      '2026-10-25 01:59:59',
      '2026-10-25 03:00',
      '2026-10-25',
    ])
      t.is(told(text), undefined, text);
    t.is(told('2026-10-25 02:30+02'), undefined, 'an offset leaves nothing open');
    // Days of 23 and 25 hours.
    t.is(read('2026-03-29'), '2026-03-28T23:00:00.000Z/2026-03-29T21:59:59.999Z');
    t.is(read('2026-10-25'), '2026-10-24T22:00:00.000Z/2026-10-25T22:59:59.999Z');
  });
  // There, clocks are set on at midnight: the day begins at one.
  t.is(
    inZone('Africa/Cairo', () => read('2026-04-24')),
    '2026-04-23T22:00:00.000Z/2026-04-24T20:59:59.999Z',
  );
});

test('what is no time is refused, and it is said why', (t) => {
  const forms = /^Write a time like 2026-11-22, /;
  for (const [text, reason] of [
    ['', forms],
    [' ', forms],
    ['soon', forms],
    ['tomorrow', forms],
    ['last week', forms],
    ['in 2 days', forms],
    ['+1h', forms],
    ['-1h ago', forms],
    ['2 fortnights ago', forms],
    ['1.5d', forms],
    ['yesterday 25:00', forms],
    ['yesterday 14:34Z', forms],
    ['14:34Z', forms],
    ['2026-11', /^A month alone is not accepted: write its first day for --since \(2026-11-01\)/],
    ['2026-11-22Z', forms],
    ['2026', /^A number alone .* ten digits/],
    ['20261122', /^A number alone/],
    ['179535804525', /^A number alone/],
    ['1795358045250000', /^A number alone/],
    ['1M', /1mo for a month/],
    ['22.11.2026', /^Write the year first/],
    ['11/22/2026 14:34', /^Write the year first/],
    ['2026-02-29', /^There is no such date/],
    ['2026-11-31', /^There is no such date/],
    ['2026-13-01', /^There is no such date/],
    ['2026-00-10', /^There is no such date/],
    ['31 Feb 2026', /^There is no such date/],
    ['2026-11-22 24:00', /^There is no such date/],
    ['2026-11-22 12:60', /^There is no such date/],
    ['2026-11-22 12:00:60', /^There is no such date/],
    ['2026-11-22 12', /^There is no such date/],
    ['2026-11-22T14:34:05.1234567890Z', /^There is no such date/],
    ['2026-11-22T14:34+25:00', /^There is no such date/],
    ['2026-11-22T14:34+01:60', /^There is no such date/],
    [
      '2026-11-22 14:34:05 CET',
      /^Names of time zones such as CET are not accepted: write the offset, as in "2026-11-22 14:34:05\+01"/,
    ],
    ['2026-11-28 14:30 Europe/Berlin', /^Names of time zones such as europe\/berlin .* "2026-11-28 14:30\+01"/],
    ['2026-11-28 14.30', /^Write a colon between hours and minutes: 2026-11-28 14:30\./],
    ['yesterday 14.30', /^Write a colon between hours and minutes: yesterday 14:30\./],
    ['28 Nov', forms],
    ['Nov 28', forms],
    ['31 Feb 14:30', forms],
    ['13pm', forms],
    ['0am', forms],
    ['20261328T1430', /^There is no such date/],
    ['1969-12-30', /^No event is earlier than 1970/],
    ['1000 years ago', /^No event is earlier than 1970/],
    ['@999999999999', /^No event .* later than the year 9999/],
    ['01a2077042bc0000deadbeefcafef00d', /write 2026-11-23T08:05:27\.356Z-0000-DEADBEEFCAFEF00D\./],
  ] as const) {
    for (const zone of ZONES)
      t.is(
        inZone(zone, () => read(text)),
        undefined,
        `${text} in ${zone}`,
      );
    t.regex(timeRefusal(text), reason, text);
    t.regex(timeRefusal(text), / See `maestro help times`\.$/, text);
  }
});

const millisecond = fc.date({ min: new Date(86_400_000), max: new Date('2200-01-01T00:00Z'), noInvalidDate: true });

testProp(
  'every time that is printed reads back as what it was printed for',
  [millisecond, fc.constantFrom(...ZONES, 'America/Havana', 'Australia/Lord_Howe')],
  (t, date, zone) =>
    inZone(zone, () => {
      const time = date.getTime();
      for (const text of [date.toISOString(), Timestamp.of({ time, nodeId: 7n }).toString()])
        t.is(read(text), date.toISOString(), text);
      for (const text of [localTime(time), shortTime(time), localDay(time), date.toString()]) {
        const { first = Number.NaN, last = Number.NaN } = readTime(text) ?? {};
        t.true(first <= time && time <= last, `${text} in ${zone}`);
      }
      // An hour in autumn is two instants; of all others the text is one.
      const span = readTime(localTime(time));
      if (span?.note === undefined) t.deepEqual(span, { first: time, last: time, point: time });
    }),
);

testProp('no text makes the reader throw', [fc.string()], (t, text) => {
  const span = readTime(text, NOW);
  t.true(span === undefined || span.first >= 0);
  t.is(typeof timeRefusal(text), 'string');
});
