import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import stringWidth from 'string-width';
import { factTable } from '../../../src/cli/render/fact-table.js';
import { createStyle } from '../../../src/cli/render/style.js';
import { wrapWords } from '../../../src/cli/render/words.js';
import { rounds } from '../../support/figures.js';

const plain = createStyle(false);
const words = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,12}$/),
  fc.constantFrom(
    '將棋',
    '👩‍🚀',
    'a'.repeat(90),
    '`maestro replay --steps`',
    '"yesterday 14:34"',
    '2026-11-23T08:05:27Z',
  ),
);
const sentences = fc.array(words, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(' '));
const squeezed = (text: string) => text.replaceAll(/\s/g, '');

testProp(
  'a sentence that is wrapped loses nothing and fits, whatever the width',
  [sentences, fc.integer({ min: 2, max: 120 }), fc.constantFrom('', '  ')],
  (t, text, columns, indent) => {
    const lines = wrapWords(text, columns, indent);
    t.is(squeezed(lines.join('')), squeezed(text));
    for (const line of lines) t.true(stringWidth(line) <= columns, JSON.stringify(line));
  },
);

testProp(
  'a line ends between words, and within a quotation only when that is wider than a line',
  [fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 9 }), fc.integer({ min: 30, max: 80 })],
  (t, parts, columns) => {
    const text = `${parts.join(' ')} \`maestro replay --steps -o\` ${parts.join(' ')}`;
    const lines = wrapWords(text, columns);
    t.is(lines.join(' '), text);
    t.true(lines.some((line) => line.includes('`maestro replay --steps -o`')));
  },
);

testProp(
  'facts are all there in a terminal of any width, each line within it',
  [
    fc.array(fc.tuple(fc.constantFrom('id', 'before it in the log', ''), sentences), { minLength: 1 }),
    fc.integer({ min: 27, max: 300 }),
  ],
  (t, facts, columns) => {
    const table = factTable(facts, plain, columns, 2);
    t.is(squeezed(table), squeezed(facts.flat().join('')));
    for (const line of table.split('\n')) t.true(stringWidth(line) <= columns, JSON.stringify(line));
  },
  { numRuns: rounds(30, 500) },
);

test('an id that does not fit beside the names stands whole below its name', (t) => {
  const id = '01a2077042bc0000deadbeefcafef00d';
  t.is(factTable([['longest aggregates', id]], plain, 40), `longest aggregates\n  ${id}`);
  t.is(factTable([['id', id]], plain, 40), `id  ${id}`);
});
