import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { printJson } from '../../../src/json/print.js';
import { splitMember } from '../../../src/json/text/split-member.js';
import { jsonBodies, jsonValues } from '../../support/data/arbitraries.js';

const KEY = '$metadata';
const spaces = fc.constantFrom('', ' ', '\n  ');
const values = fc.oneof(
  jsonValues().map((value) => printJson(value)),
  fc.constantFrom('1.10', '12345678901234567890.50', '"\\"$metadata\\": {"', '{"$metadata": {"in": 1}}', '[{}, "]"]'),
);
/** Members before and after, as texts. */
const members = fc.array(
  fc.tuple(
    fc.string().map((key) => JSON.stringify(`k${key}`)),
    values,
  ),
  { maxLength: 4 },
);

testProp(
  'a member is taken out of an object without changing a character of what is left, or of the member',
  [members, members, values, spaces, spaces],
  (t, before, after, value, separator, colon) => {
    const text = (all: readonly (readonly [string, string])[]) =>
      `{${all.map(([key, value]) => `${key}:${colon}${value}`).join(`,${separator}`)}}`;
    const split = splitMember(text([...before, [JSON.stringify(KEY), value], ...after]), KEY);
    t.deepEqual(split, { rest: text([...before, ...after]), value });
    t.is(splitMember(text([...before, ...after]), KEY), undefined);
  },
);

testProp('what is no object, or has the key further in only, is not split', [jsonBodies()], (t, body) => {
  const text = printJson({ [KEY]: body } as never);
  for (const other of [`[${text}]`, `{"in":${text}}`, `{"in":[${text},"${KEY}"]}`, `"${KEY}"`, `{"a":"${KEY}","b":1}`])
    t.is(splitMember(other, KEY), undefined, other);
});

test('a key is told from a text that is the same', (t) => {
  t.deepEqual(splitMember('{"a": "$metadata", "$metadata": 1}', KEY), { rest: '{"a": "$metadata"}', value: '1' });
  t.deepEqual(splitMember('{"$metadata": {}}', KEY), { rest: '{}', value: '{}' });
});
