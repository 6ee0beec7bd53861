import { testProp } from '@fast-check/ava';
import test from 'ava';
import { isJsonObject } from '../../../src/json/compare/equality.js';
import { mergePatch } from '../../../src/json/compare/merge-patch.js';
import type { JsonValue } from '../../../src/json/types.js';
import { jsonValues } from '../../support/data/arbitraries.js';

/** The examples of RFC 7396, appendix A: target, patch, result. */
const EXAMPLES: readonly (readonly [JsonValue, JsonValue, JsonValue])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

for (const [target, patch, result] of EXAMPLES)
  test(`${JSON.stringify(target)} with ${JSON.stringify(patch)} is ${JSON.stringify(result)}`, (t) => {
    t.deepEqual(mergePatch(target, patch), result);
  });

testProp(
  'a patch that is applied twice changes nothing the second time',
  [jsonValues(), jsonValues()],
  (t, target, patch) => {
    const once = mergePatch(structuredClone(target), structuredClone(patch));
    t.deepEqual(mergePatch(structuredClone(once), structuredClone(patch)), once);
  },
);

test('a key __proto__ is data like any other', (t) => {
  const patch = JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue;
  const merged = mergePatch(mergePatch({}, patch), JSON.parse('{"__proto__":{"more":1}}') as JsonValue);
  t.is(JSON.stringify(merged), '{"__proto__":{"polluted":true,"more":1}}');
  t.false('polluted' in {});
});

testProp(
  'a copy is what the target would become, and leaves the target alone',
  [jsonValues(), jsonValues()],
  (t, a, b) => {
    const before = structuredClone(a);
    const copy = mergePatch(a, b, 'copy');
    t.deepEqual(a, before);
    t.deepEqual(copy, mergePatch(a, b));
  },
);

testProp(
  'of what is not its own, nothing changes; what it has copied once is',
  [jsonValues(), jsonValues(), jsonValues()],
  (t, a, b, c) => {
    const [before, patches] = [structuredClone(a), structuredClone([b, c])];
    const own = new WeakSet();
    const once = mergePatch(a, b, own);
    const twice = mergePatch(once, c, own);
    t.deepEqual([a, b, c], [before, ...patches]);
    t.deepEqual(twice, mergePatch(mergePatch(structuredClone(a), b, 'copy'), c, 'copy'));
    if (isJsonObject(c) && isJsonObject(once)) t.is(twice, once);
  },
);
