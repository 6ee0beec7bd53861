import { testProp } from '@fast-check/ava';
import fc from 'fast-check';
import test from 'ava';
import { pointerKeys, pointerTo, valueAt } from '../../../src/json/path/pointer.js';

testProp('a pointer has the keys of which it was made', [fc.array(fc.string())], (t, keys) => {
  t.deepEqual(pointerKeys(keys.reduce(pointerTo, '')), keys);
});

test('a text that is no pointer has no keys', (t) => {
  for (const text of ['balance', '/a~', '/a~2b', 'a/b']) t.is(pointerKeys(text), undefined, text);
});

test('a pointer leads to members and items, and nowhere else', (t) => {
  const value = { a: [{ 'b/c': 1 }], '': { '~': null } };
  const at = (pointer: string) => valueAt(value, pointerKeys(pointer) ?? []);
  t.is(at('/a/0/b~1c'), 1);
  t.is(at('//~0'), null);
  t.is(at(''), value);
  for (const pointer of ['/a/1', '/a/00', '/a/length', '/constructor', '/a/0/b~1c/d', '/b'])
    t.is(at(pointer), undefined, pointer);
});
