import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { type AlignedItem, alignedItems } from '../../../src/json/compare/aligned-items.js';

const lists = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });

function aligned(before: readonly string[], after: readonly string[]): AlignedItem<string>[] {
  return alignedItems(before, after, (old, now) => old === now);
}

testProp('both lists are there in their order, and as many pairs as fit', [lists, lists], (t, before, after) => {
  const pairs = aligned(before, after);
  t.deepEqual(
    pairs.flatMap(({ before: old }) => old ?? []),
    before,
  );
  t.deepEqual(
    pairs.flatMap(({ after: now }) => now ?? []),
    after,
  );
  t.is(pairs.length, Math.max(before.length, after.length));
});

testProp(
  'what is put in at one place is all that is new, what is taken out all that is gone',
  [lists, lists, lists],
  (t, begin, middle, end) => {
    const [short, long] = [
      [...begin, ...end],
      [...begin, ...middle, ...end],
    ];
    const added = aligned(short, long);
    t.is(added.filter(({ before }) => before === undefined).length, middle.length);
    t.true(added.every(({ before, after }) => before === undefined || before === after));
    const gone = aligned(long, short);
    t.is(gone.filter(({ after }) => after === undefined).length, middle.length);
  },
);

test('what differs is paired place by place, and the rest comes behind it', (t) => {
  t.deepEqual(aligned(['a', 'x', 'y', 'b'], ['a', 'z', 'b']), [
    { before: 'a', after: 'a' },
    { before: 'x', after: 'z' },
    { before: 'y', after: undefined },
    { before: 'b', after: 'b' },
  ]);
});
