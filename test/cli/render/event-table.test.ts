import { stripVTControlCharacters } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import stringWidth from 'string-width';
import { LEAST_COLUMNS } from '../../../src/cli/output/terminal.js';
import { eventTable, eventTableHead, eventTableRow, type TableEvent } from '../../../src/cli/render/event-table.js';
import { escapeText } from '../../../src/text/escape.js';
import { createStyle } from '../../../src/cli/render/style.js';
import { shortTime } from '../../../src/cli/render/local-time.js';
import type { StoredEvent } from '../../../src/events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { codePoints } from '../../support/data/arbitraries.js';

const id = Timestamp.of({ time: 1_400_000_000_000 });

const widths = fc.integer({ min: LEAST_COLUMNS, max: 300 });
const words = fc.oneof(
  fc.string(),
  fc.string({ unit: codePoints() }),
  fc.constantFrom(
    '將',
    '棋',
    '한국어',
    'ｆｕｌｌ',
    '👩‍🚀',
    '🇩🇪',
    '❤️',
    '👍🏽',
    'é',
    'e\u0301',
    '\u202e',
    '\u001b[31m',
    '\t',
    'opened',
  ),
);
const texts = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''));
const events: fc.Arbitrary<TableEvent> = fc
  .record({
    sequence: fc.oneof(fc.integer({ min: 1, max: 2_147_483_647 }), fc.constant(2_147_483_647)),
    time: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constant(2 ** 48 - 1)),
    type: texts,
    body: texts.map((note) => JSON.stringify({ note })),
    metadata: fc.option(texts.map((by) => JSON.stringify({ by }))),
  })
  .map(({ time, metadata, ...event }) => {
    const place = { timestamp: Timestamp.of({ time }), aggregateId: id };
    return { ...event, ...place, ...(metadata === null ? {} : { metadata }) };
  });
const colours = fc.boolean();
/** A text without the places where it was wrapped. */
const letters = (text: string) => text.replaceAll(/\s/g, '');

testProp(
  'no line of a table is wider than the terminal, whatever is stored, and each event can be found by what is shown of it',
  [fc.array(events, { maxLength: 4 }), fc.array(events, { maxLength: 4 }), widths, colours, fc.boolean(), fc.boolean()],
  (t, first, later, columns, colour, ofMany, hasMetadata) => {
    const table = eventTable(first, columns, createStyle(colour), ofMany, hasMetadata);
    const shown = (event: TableEvent) => stripVTControlCharacters(eventTableRow(event, table));
    const rows = [...first, ...later];
    for (const line of [eventTableHead(table), ...rows.map(shown)].join('\n').split('\n')) {
      const width = stringWidth(stripVTControlCharacters(line));
      t.true(width <= columns, `${width} columns in a terminal of ${columns}: ${JSON.stringify(line)}`);
    }
    for (const event of rows) {
      const begin = shown(event).trimStart();
      if (ofMany) t.is(begin.slice(0, 16), id.hex.slice(0, 16));
      t.is(begin.split(/\s+/)[ofMany ? 1 : 0], String(event.sequence));
      t.true(begin.includes('"') || begin.includes('{'), `no body in ${begin}`);
      const metadata = hasMetadata && event.metadata !== undefined ? letters(escapeText(event.metadata)) : '';
      t.true(letters(begin).endsWith(metadata), `not all of ${metadata} in ${begin}`);
    }
  },
  { numRuns: 60 },
);

test('a wide terminal shows the timestamp, a narrow one beginnings of ids, and then several lines for an event', (t) => {
  const event = anEventWith({ sequence: 41, body: JSON.stringify({ note: 'x'.repeat(500) }) });
  const time = shortTime(event.timestamp.time);
  const lines = (columns: number, ofMany = true) => {
    const table = eventTable([event], columns, createStyle(false), ofMany);
    return `${eventTableHead(table)}\n${eventTableRow(event, table)}`.split('\n').map((line) => line.split(/ {2,}/));
  };
  const { hex } = id;
  t.like(lines(180), [['AGGREGATE', 'SEQ', 'TIME', 'TIMESTAMP'], { 0: hex, 3: event.timestamp.toString() }]);
  t.like(lines(120), [['AGGREGATE', 'SEQ', 'TIME', 'TYPE', 'BODY'], { 0: hex, 1: '41', 2: `${time}.000` }]);
  t.like(lines(82), [['AGGREGATE…', 'SEQ', 'TIME', 'TYPE', 'BODY'], { 0: hex.slice(0, 16), 2: time }]);
  t.like(lines(80), [
    ['AGGREGATE', 'SEQ', 'TIME', 'TYPE'],
    ['', 'BODY'],
    [hex, '41', `${time}.000`, 'opened'],
    { length: 2 },
  ]);
  t.like(lines(56), [['AGGREGATE…', 'SEQ', 'TIME', 'TYPE'], ['', 'BODY'], { 0: hex.slice(0, 16), 3: 'opened' }]);
  t.like(lines(80, false), [['SEQUENCE', 'TIME', 'TYPE', 'BODY'], { 1: '41', 2: `${time}.000` }]);
});

testProp('a long body fills the line to the last column', [fc.integer({ min: 80, max: 200 })], (t, columns) => {
  const event = anEventWith({ type: 'opened', body: JSON.stringify({ note: 'x'.repeat(500) }) });
  const row = eventTableRow(event, eventTable([event], columns, createStyle(false)));
  t.is(row.length, columns);
  t.true(row.endsWith('…'));
});

testProp('wide characters take two columns each', [fc.integer({ min: 80, max: 200 })], (t, columns) => {
  const event = anEventWith({ type: '棋局', body: JSON.stringify({ note: '將'.repeat(500) }) });
  const row = eventTableRow(event, eventTable([event], columns, createStyle(false)));
  const width = Array.from(row).reduce((sum, character) => sum + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0);
  t.true(width <= columns && width >= columns - 1, `${width} columns in a terminal of ${columns}`);
});

testProp(
  'the columns stand below one another',
  [fc.array(events, { minLength: 1, maxLength: 4 }), fc.integer({ min: 80, max: 200 })],
  (t, history, columns) => {
    const table = eventTable(history, columns, createStyle(false));
    const bodyColumn = stringWidth(eventTableHead(table).replace(/BODY$/, ''));
    for (const event of history) {
      const row = eventTableRow({ ...event, sequence: 7, body: '|' }, table);
      t.is(stringWidth(row), bodyColumn + 1, JSON.stringify(row));
    }
  },
  { numRuns: 40 },
);

test('piped, every value is there in full', (t) => {
  const event = anEventWith({ type: 'long_'.repeat(50), body: JSON.stringify({ note: 'x'.repeat(5000) }) });
  const row = eventTableRow(event, eventTable([event], undefined, createStyle(false)));
  t.deepEqual(row.trim().split(/ {2,}/), ['7', event.timestamp.toString(), event.type, event.body]);
});

test('a time that the calendar has no text for is named', (t) => {
  const event = { ...anEventWith({}), timestamp: Timestamp.of({ time: 2 ** 48 - 1 }) };
  t.regex(eventTableRow(event, eventTable([event], 100, createStyle(false))), / {2}after the year 9999 {2}/);
});

function anEventWith(changes: Partial<StoredEvent>): StoredEvent {
  const timestamp = Timestamp.of({ time: 1_411_000_000_000 });
  return { aggregateId: id, sequence: 7, timestamp, type: 'opened', body: '{}', ...changes };
}
