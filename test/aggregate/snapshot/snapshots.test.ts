import { once } from 'node:events';
import test from 'ava';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import type { SnapshotPolicy } from '../../../src/aggregate/definition/snapshot-policy.js';
import { IncompleteHistoryError } from '../../../src/aggregate/errors.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import type { Store } from '../../../src/store/store.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { overriding } from '../../support/servers/overriding.js';

const database = useTestDatabase(test);

interface Visits {
  readonly visitors: readonly string[];
}

/** A visitor's book with a policy of its own; `handled` are the events that its handler was called for. */
function aBook(snapshot: SnapshotPolicy<Visits> = {}, handled: string[] = []) {
  return defineAggregate({
    name: 'book',
    initialState: (): Visits => ({ visitors: [] }),
    commands: { visit: (_state, data: { name: string }) => [{ type: 'visited', body: data }] },
    events: {
      visited: ({ visitors }, { name }: { name: string }) => {
        handled.push(name);
        return { visitors: [...visitors, name] };
      },
    },
    snapshot,
  });
}

async function visit(
  store: Store,
  id: Timestamp,
  definition: ReturnType<typeof aBook>,
  ...names: string[]
): Promise<void> {
  const books = openAggregates(definition, { store });
  for (const name of names) await books.evaluate(id, { type: 'visit', data: { name } });
}

test('a snapshot is taken whenever so many events follow the last', async (t) => {
  const store = database.store();
  const id = anId();
  const books = openAggregates(aBook({ every: 3 }), { store });
  const sequences: (number | undefined)[] = [];
  for (let n = 1; n <= 7; n += 1) {
    await books.evaluate(id, { type: 'visit', data: { name: `${n}` } });
    sequences.push((await store.getSnapshot(id, 1))?.sequence);
  }
  t.deepEqual(sequences, [undefined, undefined, 3, 3, 3, 6, 6]);

  // One that hydrates from it goes on counting from it.
  await visit(store, id, aBook({ every: 3 }), '8');
  t.is((await store.getSnapshot(id, 1))?.sequence, 6);
  await visit(store, id, aBook({ every: 3 }), '9');
  t.is((await store.getSnapshot(id, 1))?.sequence, 9);
});

for (const policy of [{}, { every: 'never' }] as const)
  test(`with ${JSON.stringify(policy)} none is taken, but one that is there is used`, async (t) => {
    const store = database.store();
    const id = anId();
    await visit(store, id, aBook(policy), 'Ada', 'Bob');
    t.is(await store.getSnapshot(id, 1), undefined);

    t.is(await openAggregates(aBook(policy), { store }).snapshot(id), 'committed');
    await visit(store, id, aBook(policy), 'Cy');
    const handled: string[] = [];
    t.deepEqual(await openAggregates(aBook(policy, handled), { store }).get(id), { visitors: ['Ada', 'Bob', 'Cy'] });
    t.deepEqual(handled, ['Cy']);
  });

test('replay() uses a snapshot only for what comes after it', async (t) => {
  const store = database.store();
  const id = anId();
  await visit(store, id, aBook({ every: 2 }), 'Ada', 'Bob', 'Cy');
  const handled: string[] = [];
  const books = openAggregates(aBook({}, handled), { store });
  t.deepEqual(await books.replay(id, 1), { visitors: ['Ada'] });
  t.deepEqual(await books.replay(id, 3), { visitors: ['Ada', 'Bob', 'Cy'] });
  t.deepEqual(handled, ['Ada', 'Cy']);
});

const OTHERS: readonly (readonly [what: string, stored: SnapshotPolicy<Visits>, own: SnapshotPolicy<Visits>])[] = [
  ['another version', { version: 1 }, { version: 2 }],
  ['a version that only looks the same', { version: 1 }, { version: '1' }],
  ['no version', {}, { version: 1 }],
  ['a version where the definition has none', { version: 1 }, {}],
];

for (const [what, stored, own] of OTHERS)
  test(`a snapshot with ${what} is ignored, not misread`, async (t) => {
    const store = database.store();
    const id = anId();
    await visit(store, id, aBook(), 'Ada');
    const { version } = stored;
    const state = { visitors: ['misread'] };
    await store.commitSnapshot({
      aggregateId: id,
      sequence: 1,
      body: version === undefined ? state : { $maestro: { version }, state },
    });

    const books = openAggregates(aBook(own), { store });
    t.deepEqual(await books.get(id), { visitors: ['Ada'] });
    await books.evaluate(id, { type: 'visit', data: { name: 'Bob' } });
    t.is(await books.snapshot(id), 'committed');
    const handled: string[] = [];
    t.deepEqual(await openAggregates(aBook(own, handled), { store }).get(id), { visitors: ['Ada', 'Bob'] });
    t.deepEqual(handled, []);
  });

test('encode and decode keep a state that is no JSON', async (t) => {
  const store = database.store();
  const id = anId();
  const Tally = defineAggregate({
    name: 'tally',
    initialState: () => new Map<string, number>(),
    commands: { count: (_state, data: { word: string }) => [{ type: 'counted', body: data }] },
    events: { counted: (state, { word }: { word: string }) => new Map(state).set(word, (state.get(word) ?? 0) + 1) },
    snapshot: {
      every: 2,
      version: 'b',
      encode: (state) => [...state],
      decode: (json) => new Map(json as [string, number][]),
    },
  });
  const tallies = openAggregates(Tally, { store });
  for (const word of ['a', 'b', 'a']) await tallies.evaluate(id, { type: 'count', data: { word } });
  t.deepEqual((await store.getSnapshot(id, 1))?.body, {
    $maestro: { version: 'b' },
    state: [
      ['a', 1],
      ['b', 1],
    ],
  });
  t.deepEqual(
    await openAggregates(Tally, { store }).get(id),
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  );
});

test('a state that cannot be stored as it is says so, and the events stay', async (t) => {
  const store = database.store();
  const id = anId();
  const problems: unknown[] = [];
  const definition = aBook({ every: 1, encode: () => ({ visitors: undefined }) });
  const books = openAggregates(definition, { store, onSnapshotError: (error, about) => problems.push([error, about]) });

  const result = await books.evaluate(id, { type: 'visit', data: { name: 'Ada' } });

  t.like(result, { ok: true, value: { sequence: 1 } });
  t.like(problems, { length: 1, 0: { 0: { code: 'MAESTRO_INVALID_SNAPSHOT' }, 1: id } });
  await t.throwsAsync(books.snapshot(id), { code: 'MAESTRO_INVALID_SNAPSHOT' });
});

test('whoever is told of it may fail too: the command has succeeded', async (t) => {
  const store = database.store();
  const listeners = [
    () => {
      throw new Error('nobody listens');
    },
    async () => Promise.reject(new Error('nobody listens')),
  ];
  for (const onSnapshotError of listeners) {
    const books = openAggregates(aBook({ every: 1, encode: () => [] }), { store, onSnapshotError });
    const warned = once(process, 'warning');
    t.like(await books.evaluate(anId(), { type: 'visit', data: { name: 'Ada' } }), { ok: true });
    t.regex(String(await warned), /could not be stored: nobody listens/);
  }
});

test('whoever is told of it may take for ever: nobody waits', async (t) => {
  const onSnapshotError = () => new Promise(() => {});
  const books = openAggregates(aBook({ every: 1, encode: () => [] }), { store: database.store(), onSnapshotError });
  t.like(await books.evaluate(anId(), { type: 'visit', data: { name: 'Ada' } }), { ok: true });
});

test('a snapshot that decode throws on is left aside and named', async (t) => {
  const store = database.store();
  const id = anId();
  await visit(store, id, aBook({ every: 1 }), 'Ada');
  const decode = () => {
    throw new Error('no such shape');
  };
  const told: unknown[] = [];
  const books = openAggregates(aBook({ decode }), { store, onSnapshotError: (error) => told.push(error) });
  t.deepEqual(await books.get(id), { visitors: ['Ada'] });
  t.like(told, { length: 1, 0: { code: 'MAESTRO_SNAPSHOT_IGNORED', aggregateId: id.hex, sequence: 1 } });
  t.like((told[0] as Error).cause, { handler: { handler: 'decode', aggregate: 'book', sequence: 1 } });
});

test('snapshot() answers stale when the stored one is as new, and refuses an aggregate without events', async (t) => {
  const store = database.store();
  const id = anId();
  await visit(store, id, aBook(), 'Ada');
  const books = openAggregates(aBook(), { store });
  t.is(await books.snapshot(id), 'committed');
  t.is(await books.snapshot(id), 'stale');
  await t.throwsAsync(books.snapshot(anId()), { instanceOf: InvalidArgumentError, message: /no event/ });
});

test('a snapshot ahead of its history is not believed', async (t) => {
  const store = database.store();
  const [shorter, empty] = [anId(), anId()];
  await visit(store, shorter, aBook(), 'Ada');
  for (const aggregateId of [shorter, empty])
    await store.commitSnapshot({ aggregateId, sequence: 9, body: { visitors: ['from nowhere'] } });
  const books = openAggregates(aBook(), { store });
  t.deepEqual(await books.get(shorter), { visitors: ['Ada'] });
  t.like(await books.evaluate(shorter, { type: 'visit', data: { name: 'Bob' } }), { value: { sequence: 2 } });
  await t.throwsAsync(books.get(empty), { instanceOf: IncompleteHistoryError });
});

test('new events are later than the one at the snapshot, which no query for later events reads', async (t) => {
  const store = database.store();
  const id = anId();
  const timestamp = Timestamp.of({ time: Date.now() + 200_000, nodeId: id.nodeId, counter: id.counter });
  const ahead = anEvent(id, { timestamp, type: 'visited', body: { name: 'Ada' } });
  await store.commitEvents([ahead]);
  await openAggregates(aBook(), { store }).snapshot(id);
  const reads: number[] = [];
  const watched = overriding(store, {
    getEvents: (aggregateId, min = 1, options) => {
      reads.push(min);
      return store.getEvents(aggregateId, min, options);
    },
  });
  await openAggregates(aBook(), { store: watched }).evaluate(id, { type: 'visit', data: { name: 'Bob' } });
  const [, second] = await store.getEvents(id, 1);
  t.is(second?.timestamp.compare(timestamp), 1);
  t.deepEqual(reads, [1]);
});
