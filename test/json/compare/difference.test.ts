import test from 'ava';
import { differenceText } from '../../../src/json/compare/difference.js';
import { ExactNumber } from '../../../src/json/exact-number.js';

test('the difference of two numbers is exact, and has a sign', (t) => {
  t.is(differenceText(71400, 40), '-71360');
  t.is(differenceText(1, 1.5), '+0.5');
  t.is(differenceText(0.2, 0.3), '+0.1');
  t.is(differenceText(-0.05, -10), '-9.95');
  t.is(differenceText(9007199254740993n, 9007199254740994n), '+1');
  t.is(differenceText(new ExactNumber('0.30000000000000000001'), 0.3), '-0.00000000000000000001');
  t.is(differenceText(3, 3), '+0');
});

test('what is no plain number has no difference', (t) => {
  for (const [before, after] of [
    [undefined, 1],
    [1, '2'],
    [1e300, 1],
    [null, 1],
    [true, 2],
  ] as const)
    t.is(differenceText(before, after), undefined);
});
