import test from 'ava';
import { BoundedCache } from '../../src/ui/bounded-cache.js';

/** A cache, and its clock. */
function aCache(bounds: Partial<BoundedCache<string>['bounds']> = {}) {
  const clock = { now: 0 };
  const cache = new BoundedCache<string>({ most: 2, mostWeight: 100, idle: 1_000_000, ...bounds }, () => clock.now);
  return { cache, clock };
}

test('the values that were asked for last are kept', (t) => {
  const { cache } = aCache();
  cache.set('a', 'A');
  cache.set('b', 'B');
  t.is(cache.get('a'), 'A');
  cache.set('c', 'C');

  t.is(cache.get('b'), undefined);
  t.is(cache.get('a'), 'A');
  t.is(cache.get('c'), 'C');
});

test('together they weigh no more than they may, also one alone', (t) => {
  const { cache } = aCache();
  cache.set('a', 'A', 60);
  cache.set('b', 'B', 50);
  t.is(cache.get('a'), undefined);
  t.is(cache.get('b'), 'B');
  cache.set('c', 'C', 101);
  t.is(cache.size, 0);
});

test('a value that was asked for keeps its weight', (t) => {
  const { cache } = aCache();
  cache.set('a', 'A', 60);
  t.is(cache.get('a'), 'A');
  cache.set('b', 'B', 60);
  t.is(cache.get('a'), undefined);
});

test('what nobody asks for is dropped after a while', (t) => {
  const { cache, clock } = aCache({ idle: 500_000 });
  cache.set('a', 'A');
  clock.now = 400_000;
  cache.set('b', 'B');
  clock.now = 600_000;
  cache.dropIdle();

  t.is(cache.size, 1);
  t.is(cache.get('b'), 'B');
  cache.delete('b');
  t.is(cache.size, 0);
});
