import test from 'ava';
import { Latest } from '../../src/ui/browser/support/latest.js';

test('one thing is done at a time, and of what is wanted meanwhile only the latest', async (t) => {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const latest = new Latest<number>((wish) => {
    begun.push(wish);
    return new Promise<void>((resolve) => void ends.push(resolve));
  });

  for (const wish of [1, 2, 3, 4]) latest.want(wish);
  t.deepEqual(begun, [1]);
  ends.shift()?.();
  await new Promise(setImmediate);
  t.deepEqual(begun, [1, 4]);
  ends.shift()?.();
  await new Promise(setImmediate);
  latest.want(5);
  t.deepEqual(begun, [1, 4, 5]);
});
