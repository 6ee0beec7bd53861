import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { isCanonicalJsonb } from '../../../src/json/text/canonical-jsonb.js';
import { printJson } from '../../../src/json/print.js';
import { query } from '../../../src/store/read/rows.js';
import { jsonValues } from '../../support/data/arbitraries.js';
import { testKnex } from '../../support/database.js';

const knex = testKnex();
test.after.always(() => knex.destroy());

async function printed(texts: readonly string[]): Promise<string[]> {
  const sql =
    'SELECT value::jsonb::text FROM unnest(?::text::text[]) WITH ORDINALITY AS t(value, place) ORDER BY place';
  const array = `{${texts.map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
  return (await query<[string]>(knex, sql, [array])).map(([text]) => text);
}

testProp(
  'what PostgreSQL prints is recognised, and nothing else that means the same',
  [fc.array(jsonValues(), { minLength: 20, maxLength: 40 })],
  async (t, values) => {
    const texts = values.map((value) => printJson(value));
    const prints = await printed(texts);
    for (const [index, print] of prints.entries()) {
      t.true(isCanonicalJsonb(print), print);
      const text = texts[index] ?? '';
      t.is(isCanonicalJsonb(text), text === print, text);
    }
  },
  { numRuns: 20 },
);

testProp(
  'a text that is changed by a character is not recognised unless PostgreSQL prints it so',
  [
    fc.array(fc.tuple(jsonValues(), fc.nat(), fc.constantFrom(...' ,:{}[]"\\0123456789.-+eEu\u0000\u001f\n\tabcé')), {
      minLength: 30,
      maxLength: 60,
    }),
  ],
  async (t, changes) => {
    const prints = await printed(changes.map(([value]) => printJson(value)));
    const changed = prints.map((print, index) => {
      const [, place, character] = changes[index] ?? [null, 0, ''];
      const at = place % (print.length + 1);
      return print.slice(0, at) + character + print.slice(at + (place % 2));
    });
    const taken = changed.filter((text) => text.isWellFormed() && isCanonicalJsonb(text));
    t.deepEqual(await printed(taken), taken);
  },
  { numRuns: 20 },
);

test('keys are in the order of their bytes, the short ones first; escapes only where they have to be', (t) => {
  for (const text of [
    '{}',
    '[]',
    '{"b": 1, "aa": 2}',
    '{"é": 1, "aaa": 2}',
    '"\\u0001\\b\\"\\\\/\u007f"',
    '[1.10, -0.5, 0, 10]',
  ])
    t.true(isCanonicalJsonb(text), text);
  for (const text of [
    '',
    ' {}',
    '{} ',
    '{"aa": 1, "b": 2}',
    '{"a": 1, "a": 1}',
    '{"aaa": 1, "é": 2}',
    '{"a":1}',
    '{"a": 1,"b": 2}',
    '"\\u0008"',
    '"\\u001F"',
    '"\\/"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '01',
    '1.',
    '.5',
    '-0',
    '-0.00',
    '1e5',
    '+1',
    'nul',
    '[1 ,2]',
    '"open',
    `${'['.repeat(501)}${']'.repeat(501)}`,
  ])
    t.false(isCanonicalJsonb(text), text);
});
