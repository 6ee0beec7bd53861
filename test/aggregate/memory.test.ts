import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import { type Aggregates, defineAggregate, MemoryStore, openAggregates, type Timestamp } from '../../src/index.js';
import { anId } from '../support/data/factories.js';

const MANY = 10_000;
const MAX = 100;

/** Runs each time a command is decided, when its aggregate is in use. */
let onDecide = () => {};

const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ count: 0 }),
  commands: {
    add: (_state, { by }: { by: number }) => {
      onDecide();
      return [{ type: 'added', body: { by } }];
    },
  },
  events: { added: ({ count }, { by }: { by: number }) => ({ count: count + by }) },
});
type Counters = Aggregates<NonNullable<typeof Counter.types>>;

const add = async (counters: Counters, id: Timestamp, by: number) => {
  const result = await counters.evaluate(id, { type: 'add', data: { by } }, { return: 'state' });
  if (!result.ok) throw new Error('rejected');
  return result.value;
};

/** Works on all items, a number of them at a time. */
async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<unknown>) {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

test.serial('10,000 aggregates, 64 at a time: no more than 100 and those in use are ever in memory', async (t) => {
  const counters = openAggregates(Counter, { store: new MemoryStore(), idle: { max: MAX } });
  const ids = Array.from({ length: MANY }, () => counters.create());
  let inUse = 0;
  let most = 0;
  let tooMany = 0;
  onDecide = () => {
    most = Math.max(most, counters.size);
    if (counters.size > MAX + inUse) tooMany += 1;
  };
  t.teardown(() => {
    onDecide = () => {};
  });
  await inParallel([...ids, ...ids.toReversed()], 64, async (id) => {
    inUse += 1;
    await add(counters, id, 1);
    inUse -= 1;
    onDecide();
  });
  t.is(tooMany, 0);
  t.true(most > MAX, `at most ${most} were in memory`);
  t.is(counters.size, MAX);
});

test.serial(
  'states that left memory are garbage, and the aggregates answer as before when they come back',
  async (t) => {
    const counters = openAggregates(Counter, { store: new MemoryStore(), idle: { max: MAX } });
    const ids = Array.from({ length: MANY }, () => counters.create());
    const states: WeakRef<object>[] = [];
    for (const [index, id] of ids.entries()) {
      await add(counters, id, index);
      states.push(new WeakRef(await add(counters, id, 1)));
    }
    await collectGarbage();
    const alive = states.flatMap((state, index) => (state.deref() === undefined ? [] : [index]));
    t.deepEqual(alive, [...ids.keys()].slice(-MAX), 'those used last are in memory, all others are gone');

    let wrong = 0;
    for (const [index, id] of ids.entries()) if ((await counters.get(id)).count !== index + 1) wrong += 1;
    for (const [index, id] of ids.entries()) if ((await add(counters, id, 1)).count !== index + 2) wrong += 1;
    t.is(wrong, 0);
  },
);

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  // What a WeakRef was made of or has shown stays until the job ends.
  await setImmediate();
  (runInNewContext('gc') as () => void)();
}

test('those used least recently leave first, and leave a snapshot of their last sequence', async (t) => {
  const use = fc.record({ index: fc.nat({ max: 7 }), how: fc.constantFrom('add', 'fetch', 'get') });
  const uses = fc.array(use, { maxLength: 60, size: 'max' });
  let left = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 5 }), uses, async (max, plan) => {
      const store = new MemoryStore();
      const counters = openAggregates(Counter, { store, idle: { max, snapshot: true } });
      const ids = Array.from({ length: 8 }, () => anId());
      const sequences = ids.map(() => 0);
      const snapshots = ids.map(() => 0);
      const inMemory: number[] = [];
      for (const { index, how } of plan) {
        const id = ids[index] as Timestamp;
        if (how === 'add') await add(counters, id, 1);
        else await counters[how](id);
        if (how === 'add') sequences[index] = (sequences[index] ?? 0) + 1;
        if (inMemory.includes(index)) inMemory.splice(inMemory.indexOf(index), 1);
        inMemory.push(index);
        for (const evicted of inMemory.splice(0, inMemory.length - Math.min(max, inMemory.length))) {
          snapshots[evicted] = sequences[evicted] ?? 0;
          left += 1;
        }
        const stored = await Promise.all(ids.map((each) => store.getSnapshot(each, 1)));
        t.deepEqual(
          stored.map((snapshot) => [snapshot?.sequence ?? 0, snapshot?.body['count'] ?? 0]),
          snapshots.map((sequence) => [sequence, sequence]),
        );
        t.is(counters.size, inMemory.length);
      }
    }),
  );
  t.true(left > 0);
});
