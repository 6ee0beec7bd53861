import { testProp } from '@fast-check/ava';
import test from 'ava';
import { type StateLine, stateLines } from '../../src/folding/state-lines.js';
import { printJson } from '../../src/json/print.js';
import { sameValue } from '../../src/json/compare/equality.js';
import type { JsonValue } from '../../src/json/types.js';
import { jsonValues } from '../support/data/arbitraries.js';

/** The lines without what is gone, without indents and without the commas that JSON has at the ends of lines. */
function bare(lines: readonly string[]): string {
  return lines.map((line) => line.trim().replace(/,$/, '')).join('');
}

testProp(
  'the lines are those of the state, with what is gone among them; they are marked exactly when something changed',
  [jsonValues(), jsonValues()],
  (t, before, after) => {
    const lines = stateLines(before, after);
    const there = lines.filter(({ change }) => change !== 'removed').map(({ text }) => text);
    t.is(bare(there), bare(printJson(after, 2).split('\n')));
    t.is(
      lines.every(({ change }) => change === 'same'),
      sameValue(before, after),
    );
  },
);

testProp('what was not there before is new, line by line', [jsonValues()], (t, value) => {
  t.true(stateLines(undefined, value).every(({ change }) => change === 'added'));
});

/** Lines as the screen shows them, without what was there before. */
function shown(before: JsonValue, after: JsonValue): string[] {
  const signs: Record<StateLine['change'], string> = { same: ' ', added: '+', changed: '~', removed: '-' };
  return stateLines(before, after).map(({ text, change }) => signs[change] + text);
}

test('what is gone stands where it stood', (t) => {
  t.deepEqual(shown({ a: 1, b: 2, c: 3, d: { x: 1 } }, { b: 2, d: { y: 1 } }), [
    ' {',
    '-  "a": 1',
    '   "b": 2',
    '-  "c": 3',
    '   "d": {',
    '-    "x": 1',
    '+    "y": 1',
    '   }',
    ' }',
  ]);
  t.deepEqual(shown({ a: 1 }, {}), [' {', '-  "a": 1', ' }']);
});

test('of a list only what stands between the same beginning and the same end is marked', (t) => {
  t.deepEqual(shown([1, 2, 3, 4], [1, 9, 4]), [' [', '   1', '~  9', '-  3', '   4', ' ]']);
  t.deepEqual(shown(['a', 'c'], ['a', 'b', 'c']), [' [', '   "a"', '+  "b"', '   "c"', ' ]']);
  t.deepEqual(shown([1, 2, 3], [1, 2]), [' [', '   1', '   2', '-  3', ' ]']);
});

test('a value that was another one tells which, unless that took several lines', (t) => {
  const was = (before: JsonValue, after: JsonValue) => stateLines(before, after).map((line) => line.was);
  t.deepEqual(was({ a: 1 }, { a: 'x' }), [undefined, '1', undefined]);
  t.deepEqual(was({ a: null }, { a: { b: 1 } }), [undefined, 'null', undefined, undefined, undefined]);
  t.deepEqual(was({ a: [1] }, { a: 2 }), [undefined, undefined, undefined]);
});
