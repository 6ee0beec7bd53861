import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { Clock, ClockDriftError, defineAggregate, openAggregates, Timestamp } from '../../../src/index.js';
import { appendEvents } from '../../../src/store/append.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { carriedOut, type Plan, plans, type Told } from '../../support/children/skewed-writers.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };

async function assertPlaced(t: ExecutionContext, store: Store, told: readonly Told[]): Promise<void> {
  for (const { id, ours, clocks } of told) {
    let latest = '';
    let allowed = 0;
    for (const { sequence, timestamp } of await store.getEvents(id, 1)) {
      const clock = clocks.get(sequence) ?? 0;
      if (ours.has(sequence)) {
        t.true(timestamp.hex > latest, `${sequence} is later than all before it`);
        // Of this aggregate only: the clock of the writer, or what somebody has written here before.
        t.true(timestamp.time <= Math.max(clock, allowed) + 1, `${sequence} is not dragged along by other aggregates`);
      }
      if (timestamp.hex > latest) latest = timestamp.hex;
      allowed = Math.max(allowed, timestamp.time);
    }
  }
  t.pass();
}

testProp(
  'what is placed here is later than all of its history, and no later than that asks for: in memory',
  [plans()],
  async (t, plan: Plan) => {
    const store = new MemoryStore();
    await assertPlaced(t, store, await carriedOut(store, plan));
  },
  { numRuns: 200 },
);

for (const [layout, database] of Object.entries(layouts))
  testProp.serial(
    `what is placed here is later than all of its history, and no later than that asks for: ${layout} layout`,
    [plans()],
    async (t, plan: Plan) => {
      const store = database.store();
      await assertPlaced(t, store, await carriedOut(store, plan));
    },
    { numRuns: 15 },
  );

const Counter = defineAggregate({
  name: 'counter',
  initialState: (): { count: number } => ({ count: 0 }),
  commands: {
    count: () => [
      { type: 'counted' as const, body: {} },
      { type: 'counted' as const, body: {} },
    ],
  },
  events: { counted: ({ count }) => ({ count: count + 1 }) },
});

/** At noon, at noon and a minute, and at noon again: the second was written by a node whose clock is a minute ahead. */
const overtaken = (store: Store, ahead = 60_000) => written(store, [-1000, ahead, 0]);

/** Events of one aggregate at times that are so far from now. */
async function written(store: Store, offsets: readonly number[]) {
  const [id, time] = [anId(), Date.now()];
  // Of no two histories the same, whichever times their events have.
  const nodeId = id.nodeId ^ BigInt(id.counter) ^ (BigInt(id.time) << 16n);
  const at = (sequence: number, offset: number) =>
    anEvent(id, {
      type: 'counted',
      sequence,
      timestamp: Timestamp.of({ time: time + offset, counter: sequence, nodeId }),
    });
  await store.commitEvents(offsets.map((offset, index) => at(index + 1, offset)));
  const timestamps = async () => (await store.getEvents(id, 1)).map(({ timestamp }) => timestamp.hex);
  const sorted = async (first?: number) =>
    (await timestamps()).slice(0, first).map((_, index, all) => all.toSorted().indexOf(all[index] ?? '') + 1);
  return { id, timestamps, sorted };
}

for (const [name, store] of [
  ['PostgresStore, plain layout', () => layouts.plain.store()],
  ['PostgresStore, partitioned layout', () => layouts.partitioned.store()],
  ['MemoryStore', () => new MemoryStore()],
] as const)
  for (const begins of ['at its first event', 'at a snapshot of the last event', 'at an older snapshot'] as const)
    test(`what follows an event that was overtaken is later than that, when the state begins ${begins}: ${name}`, async (t) => {
      const on = store();
      const { id, sorted, timestamps } = await overtaken(on);
      const sequence = { 'at its first event': 0, 'at a snapshot of the last event': 3, 'at an older snapshot': 2 }[
        begins
      ];
      if (sequence > 0) await on.commitSnapshot({ aggregateId: id, sequence, body: { count: sequence } });
      const clock = new Clock();
      const counters = openAggregates(Counter, { store: on, clock });
      await counters.get(id);
      for (let count = 0; count < 2; count += 1) t.true((await counters.evaluate(id, { type: 'count' })).ok);
      t.deepEqual(await sorted(), [1, 3, 2, 4, 5, 6, 7]);
      t.true(clock.now().compare(Timestamp.fromHex((await timestamps())[3] ?? '')) < 0, 'the clock is where it was');
    });

test('an event beyond the largest drift counts while it is the last, and not once it was overtaken', async (t) => {
  const store = layouts.plain.store();
  for (const [drift, order] of [
    [300_000, [1, 4, 2, 3]],
    [601_000, [1, 3, 2, 4]],
  ] as const) {
    const { id, sorted } = await overtaken(store, 600_000);
    const clock = new Clock({ maxDrift: drift });
    await appendEvents(store, clock, id, [{ type: 'counted', body: {} }]);
    t.deepEqual(await sorted(), order);
    const again = await overtaken(store, 600_000);
    t.true((await openAggregates(Counter, { store, clock }).evaluate(again.id, { type: 'count' })).ok);
    t.deepEqual((await again.sorted()).slice(0, 4), order[1] === 4 ? [1, 5, 2, 3] : order);
  }
});

const YEAR = 365 * 86_400_000;

for (const [name, store] of [
  ['PostgresStore, plain layout', () => layouts.plain.store()],
  ['PostgresStore, partitioned layout', () => layouts.partitioned.store()],
  ['MemoryStore', () => new MemoryStore()],
] as const)
  test(`one that lies a year ahead, overtaken, hides none that is a minute ahead: ${name}`, async (t) => {
    const on = store();
    const ways: Record<string, (id: Timestamp) => Promise<unknown>> = {
      appended: (id) => appendEvents(on, new Clock(), id, [{ type: 'counted', body: {} }]),
      evaluated: (id) => openAggregates(Counter, { store: on }).evaluate(id, { type: 'count' }),
      'evaluated on a snapshot': async (id) => {
        await on.commitSnapshot({ aggregateId: id, sequence: 4, body: { count: 4 } });
        await openAggregates(Counter, { store: on }).evaluate(id, { type: 'count' });
      },
    };
    for (const [what, write] of Object.entries(ways))
      for (const [offsets, order] of [
        [
          [-1000, YEAR, 60_000, 0],
          [1, 5, 3, 2, 4],
        ],
        [
          [-1000, 60_000, YEAR, 0],
          [1, 3, 5, 2, 4],
        ],
        [
          [YEAR, 60_000, YEAR + 1, 30_000],
          [4, 2, 5, 1, 3],
        ],
      ] as const) {
        const { id, sorted } = await written(on, offsets);
        await write(id);
        t.deepEqual(await sorted(5), order, `${what} after ${offsets.join(', ')}`);
      }
    const { id } = await written(on, [-1000, 60_000, 0, YEAR]);
    for (const write of Object.values(ways)) await t.throwsAsync(write(id), { instanceOf: ClockDriftError });
  });

/** Folds as Elixir Maestro does in a cold read: by timestamp, each event once its sequence is later than the state's. */
const sequencesByTimestamp = async (store: Store, { id }: Told) =>
  (await store.getEvents(id, 1)).sort((a, b) => a.timestamp.compare(b.timestamp)).map(({ sequence }) => sequence);

testProp(
  'as long as the clocks are equal, and this one runs a little behind, the order of timestamps is that of sequences',
  [plans(), fc.constantFrom(0, 200)],
  async (t, plan: Plan, behind) => {
    const store = new MemoryStore();
    // Each step takes a while, as it does with a database in between.
    const steps = plan.steps.map((step) => ({ ...step, node: step.by === 'elixir' ? 0 : 1, after: step.after + 1 }));
    for (const told of await carriedOut(store, { skews: [0, -behind, 0], steps })) {
      const sequences = await sequencesByTimestamp(store, told);
      t.deepEqual(
        sequences,
        sequences.map((_, index) => index + 1),
      );
    }
  },
);
