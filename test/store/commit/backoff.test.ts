import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { DEFAULT_MAX_ATTEMPTS, pauseAfter, pauseLength } from '../../../src/store/commit/backoff.js';

/** The largest random number that there is. */
const NEARLY_ONE = 1 - 2 ** -53;

test('pauses are up to 16 ms after the first attempt, twice as long after each, and never more than 200 ms', (t) => {
  t.deepEqual(
    [1, 2, 3, 4, 5, 6, DEFAULT_MAX_ATTEMPTS, 5000].map((attempt) => Math.round(pauseLength(attempt, NEARLY_ONE))),
    [16, 32, 64, 128, 200, 200, 200, 200],
  );
});

testProp('a pause is as random as its number', [fc.integer({ min: 1, max: 2000 })], (t, attempt) => {
  t.is(pauseLength(attempt, 0), 0);
  t.is(pauseLength(attempt, 0.5) * 2, pauseLength(attempt, 1));
});

test.serial('a pause is over when its random time is, and not before', async (t) => {
  const { random } = Math;
  t.teardown(() => {
    Math.random = random;
  });
  Math.random = () => NEARLY_ONE;
  let isOver = false;
  const pause = pauseAfter(1).then(() => {
    isOver = true;
  });
  // However many turns of promises pass, no time does.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  t.false(isOver);
  await pause;
  t.true(isOver);
});
