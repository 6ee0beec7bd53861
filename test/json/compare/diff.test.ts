import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { applyPatch } from 'rfc6902';
import { diffJson, patchOperations } from '../../../src/json/compare/diff.js';
import { parseJsonText } from '../../../src/json/parse.js';
import { sameValue } from '../../../src/json/compare/equality.js';
import type { JsonValue } from '../../../src/json/types.js';
import { jsonValues } from '../../support/data/arbitraries.js';

testProp('the patch from one value to another leads there', [jsonValues(), jsonValues()], (t, before, after) => {
  // The library that carries the patch out here drops this key.
  fc.pre(!JSON.stringify([before, after], withoutBigints).includes('__proto__'));
  const holder = { value: structuredClone(before) };
  const patch = patchOperations(diffJson(before, after)).map((operation) => {
    return { ...operation, path: `/value${operation['path'] as string}` };
  });
  const outcome = applyPatch(holder, structuredClone(patch) as never);
  t.deepEqual(outcome.filter(Boolean), []);
  t.true(sameValue(holder.value, after));
});

testProp('a value does not differ from itself', [jsonValues()], (t, value) => {
  t.deepEqual(diffJson(value, structuredClone(value)), []);
});

test('says what was there before, also after items of an array moved', (t) => {
  t.deepEqual(diffJson({ list: ['a', 'b', 'c'], n: 1 }, { list: ['b', 'x'], n: 2 }), [
    { op: 'remove', path: '/list/0', before: 'a' },
    { op: 'replace', path: '/list/1', before: 'c', value: 'x' },
    { op: 'replace', path: '/n', before: 1, value: 2 },
  ]);
});

test('tells numbers apart by their digits, and only by them', (t) => {
  const [a, b, same] = ['1.000000000000000001', '1.000000000000000002', '1.0000000000000000010'].map((text) =>
    parseJsonText(`{"n": ${text}}`),
  ) as [JsonValue, JsonValue, JsonValue];
  t.is(diffJson(a, b).length, 1);
  t.deepEqual(diffJson(a, same), []);
});

test('sees what lies under a key called __proto__', (t) => {
  const [a, b] = [JSON.parse('{"__proto__": {"x": 1}}'), JSON.parse('{"__proto__": {"x": 2}}')] as [
    JsonValue,
    JsonValue,
  ];
  t.deepEqual(
    diffJson(a, b).map(({ op, path }) => [op, path]),
    [['replace', '']],
  );
});

test('compares long arrays, and arrays of arrays, in time that grows with their length', (t) => {
  const long = Array.from({ length: 20_000 }, (_, index) => index);
  t.deepEqual(
    diffJson(long, [...long.slice(0, 50), 'new', ...long.slice(50)]).map(({ op, path }) => [op, path]),
    [['add', '/50']],
  );
  t.is(diffJson(long, long.slice(9)).length, 9);
  const nested = (last: number) =>
    Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => last)));
  t.is(diffJson(nested(1), nested(2)).length, 30 ** 3);
});

function withoutBigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
