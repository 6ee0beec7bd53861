import { stripVTControlCharacters } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import stringWidth from 'string-width';
import { type Column, FittedTable } from '../../../src/cli/render/fitted-table.js';
import { createStyle } from '../../../src/cli/render/style.js';
import { codePoints } from '../../support/data/arbitraries.js';

interface Row {
  readonly id: string;
  readonly count: number;
  readonly name: string;
  readonly problem: string;
}

const rows = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{32}$/),
  count: fc.nat(),
  name: fc.string({ unit: codePoints(), maxLength: 40 }),
  problem: fc
    .array(fc.stringMatching(/^[a-z]{1,50}$/), { minLength: 1, maxLength: 12 })
    .map((words) => words.join(' ')),
});
const columns: readonly Column<Row>[] = [
  { heading: 'AGGREGATE', value: ({ id }) => id, isId: true },
  { heading: 'COUNT', value: ({ count }) => String(count), align: 'right', paint: createStyle(true).good },
  { heading: 'NAME', value: ({ name }) => name, least: 8, optional: 1 },
  { heading: 'PROBLEM', value: ({ problem }) => problem, least: 12, wraps: true },
];

testProp(
  'in a terminal of any width every row is there, each line within it, and no word of what wraps is lost',
  [
    fc.array(rows, { maxLength: 3 }),
    fc.array(rows, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 27, max: 300 }),
    fc.boolean(),
  ],
  (t, first, later, width, colour) => {
    const table = new FittedTable(columns, first, width, createStyle(colour));
    for (const line of table.head.split('\n')) t.true(stringWidth(stripVTControlCharacters(line)) <= width);
    for (const row of [...first, ...later]) {
      const lines = stripVTControlCharacters(table.line(row)).split('\n');
      for (const line of lines) t.true(stringWidth(line) <= width, JSON.stringify(line));
      t.true(lines[0]?.startsWith(row.id.slice(0, 16)));
      const all = lines.join('').replaceAll(/\s/g, '');
      t.true(all.includes(String(row.count)));
      t.true(all.endsWith(row.problem.replaceAll(' ', '')), all);
    }
  },
  { numRuns: 60 },
);

test('ids are shortened before columns are left out, to beginnings that tell them apart', (t) => {
  const row = (id: string) => ({ id, count: 1, name: 'a', problem: 'p' });
  const both = [row(`${'0'.repeat(17)}1${'0'.repeat(14)}`), row(`${'0'.repeat(17)}2${'0'.repeat(14)}`)];
  const lines = (width: number) => {
    const table = new FittedTable(columns, both, width, createStyle(false));
    return [table.head, ...both.map((each) => table.line(each))].map(stripVTControlCharacters);
  };
  t.regex(lines(80)[1] ?? '', /^0{17}10{14} /);
  t.deepEqual(lines(52), [
    'AGGREGATE…            COUNT  NAME  PROBLEM',
    '00000000000000000100      1  a     p',
    '00000000000000000200      1  a     p',
  ]);
});
