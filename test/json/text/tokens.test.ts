import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { depthOf, isDeeperThan } from '../../../src/json/text/depth.js';
import { numbersIn, scalarFault } from '../../../src/json/encode/numbers-in.js';
import { jsonTokens } from '../../../src/json/text/tokens.js';
import { storedBody } from '../../../src/folding/stored-body.js';
import { interopFaults } from '../../../src/store/commit/interop.js';
import { anEvent } from '../../support/data/factories.js';

/** More characters, or escapes, than a regular expression with a repeated choice can walk through. */
const LENGTH = 16_000_000;
const STRINGS: Readonly<Record<string, string>> = {
  'plain characters': 'x'.repeat(LENGTH),
  'escapes only': '\\"'.repeat(LENGTH),
  'backslashes only': '\\\\'.repeat(LENGTH),
};

test('the tokens of a JSON text are its strings, numbers, brackets and commas, whatever the strings hold', (t) => {
  const expected = (text: string) =>
    [...text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|[[\]{},]/g)].map(([all, string, colon]) => ({
      text: string ?? all,
      isKey: colon !== undefined,
    }));
  fc.assert(
    fc.property(
      fc.jsonValue({ stringUnit: fc.constantFrom('"', '\\', '[', '{', '-', '1', ',', ':', 'é') }),
      (value) => {
        for (const text of [JSON.stringify(value), JSON.stringify(value, undefined, 2).replaceAll('": ', '" : ')])
          assert.deepEqual([...jsonTokens(text)], expected(text));
      },
    ),
  );
  t.pass();
});

for (const [what, string] of Object.entries(STRINGS))
  test(`a string of 16 million parts, ${what}, is walked through on the stack there is`, (t) => {
    const brackets = '[1],'.repeat(1100);
    const text = `{"a": "${string}", "b": [${brackets}${'1'.repeat(1100)}]}`;
    t.is(depthOf(text), 3);
    t.true(isDeeperThan(text, 2));
    t.is(scalarFault(text), undefined);
    t.is([...numbersIn(text)].length, 1101);
    t.deepEqual(
      interopFaults(text, 'elixir').map(({ path }) => path),
      [['b', 1100]],
    );
  });

test('a body with many brackets and a string of 16 million characters is folded', (t) => {
  const event = { ...anEvent(), body: `{"a": [${'[1],'.repeat(1100)}1], "b": "${'x'.repeat(LENGTH)}"}` };
  const { b } = storedBody(event) as { b: string };
  t.is(b.length, LENGTH);
});
