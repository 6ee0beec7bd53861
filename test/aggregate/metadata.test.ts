import { AsyncLocalStorage } from 'node:async_hooks';
import test from 'ava';
import { z } from 'zod';
import {
  type AggregatesOptions,
  Clock,
  type CommittedEvent,
  defineAggregate,
  HandlerError,
  InvalidArgumentError,
  InvalidEventError,
  MemoryStore,
  openAggregates,
  type Store,
} from '../../src/index.js';
import { useTestDatabase } from '../support/database.js';
import { anId } from '../support/data/factories.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 4 });
const memory = new MemoryStore();
const STORES: Readonly<Record<string, () => Store>> = {
  'a server': () => plain.store(),
  'a partitioned log': () => partitioned.store(),
  memory: () => memory,
};

const seen: { id: string; body: unknown; metadata: unknown }[] = [];

const Door = defineAggregate({
  name: 'door',
  initialState: () => ({ opened: 0, bodies: [] as unknown[] }),
  commands: {
    open: (_state, { times }: { times: number }) =>
      Array.from({ length: times }, () => ({ type: 'opened', body: { wide: true } }) as const),
    look: () => [],
    knock: (_state, _data: undefined, { reject }) => reject('nobody_in'),
  },
  events: { opened: ({ opened, bodies }, body) => ({ opened: opened + 1, bodies: [...bodies, body] }) },
  schemas: { opened: z.strictObject({ wide: z.boolean() }) },
  upcasters: {
    opened: (body, { aggregateId, metadata }) => {
      seen.push({ id: aggregateId.hex, body, metadata });
      return body;
    },
  },
});

const open = (times = 1) => ({ type: 'open', data: { times } }) as const;
const metadataOf = (events: readonly CommittedEvent<unknown>[]) => events.map(({ metadata }) => metadata);

for (const [where, store] of Object.entries(STORES)) {
  const doors = (options: Partial<AggregatesOptions> = {}) =>
    openAggregates(Door, { store: store(), clock: new Clock(), ...options });

  test(`each event of a command has its metadata, and no handler, schema or state has, on ${where}`, async (t) => {
    const id = anId();
    const result = await doors().evaluate(id, open(2), { metadata: { userId: 'ada' } });
    t.true(result.ok);
    t.deepEqual(metadataOf(result.ok ? result.value.events : []), [{ userId: 'ada' }, { userId: 'ada' }]);
    t.like(await doors().evaluate(id, open()), { ok: true });
    const stored = await store().getEvents(id, 1);
    t.deepEqual(metadataOf(stored), [{ userId: 'ada' }, { userId: 'ada' }, undefined]);
    t.deepEqual(
      stored.map(({ body }) => body),
      Array.from({ length: 3 }, () => ({ wide: true })),
    );
    t.deepEqual(await doors().fetch(id), { opened: 3, bodies: stored.map(({ body }) => body) });
    t.deepEqual(result.ok && result.value.events, stored.slice(0, 2));
  });

  test(`the application's context is asked where a command is called, and the call has the last word, on ${where}`, async (t) => {
    const context = new AsyncLocalStorage<{ userId: string }>();
    const opened = doors({ metadata: () => ({ source: 'web', ...context.getStore() }) });
    const id = anId();
    await Promise.all(
      ['ada', 'bob', 'eve'].map((userId) => context.run({ userId }, () => opened.evaluate(id, open(), {}))),
    );
    await opened.evaluate(id, open(), { metadata: { source: 'queue', causationId: 'x' } });
    t.deepEqual(metadataOf(await store().getEvents(id, 1)), [
      { source: 'web', userId: 'ada' },
      { source: 'web', userId: 'bob' },
      { source: 'web', userId: 'eve' },
      { source: 'queue', causationId: 'x' },
    ]);
  });

  test(`metadata that cannot be kept is refused with its place, and nothing is committed, on ${where}`, async (t) => {
    const id = anId();
    const error = await t.throwsAsync(doors().evaluate(id, open(), { metadata: { by: { at: new Date() } } }), {
      instanceOf: InvalidEventError,
    });
    t.deepEqual(
      error.issues.map(({ path }) => path),
      ['metadata.by.at'],
    );
    for (const metadata of [null, [], 'ada', new Map()] as object[])
      await t.throwsAsync(doors().evaluate(id, open(), { metadata }), {
        instanceOf: InvalidArgumentError,
        message: /option metadata of evaluate.*Nothing was committed/s,
      });
    for (const wrong of [undefined, null, 'ada', Promise.reject(new Error('late'))] as unknown[])
      await t.throwsAsync(doors({ metadata: () => wrong as object }).evaluate(id, open()), {
        instanceOf: InvalidArgumentError,
        message: /metadata of openAggregates.*Nothing was committed/s,
      });
    const failed = new Error('no session');
    const throwing = doors({
      metadata: () => {
        throw failed;
      },
    });
    t.is(await t.throwsAsync(throwing.evaluate(id, open())), failed);
    t.deepEqual(await store().getEvents(id, 1), []);
  });

  test(`a command that is decided again has the metadata that it was called with, on ${where}`, async (t) => {
    let calls = 0;
    const mine = doors({ metadata: () => ({ call: (calls += 1) }) });
    const id = anId();
    await mine.evaluate(id, open());
    await doors().evaluate(id, open());
    await mine.evaluate(id, open());
    t.deepEqual(metadataOf(await store().getEvents(id, 1)), [{ call: 1 }, undefined, { call: 2 }]);
    t.like(await mine.evaluate(id, { type: 'look' }), { ok: true, value: { events: [] } });
    t.deepEqual(await mine.evaluate(id, { type: 'knock' }), { ok: false, error: 'nobody_in' });
  });
}

test('upcasters get the metadata of an event, when it is committed and when it is read', async (t) => {
  const id = anId();
  const doors = () => openAggregates(Door, { store: plain.store() });
  await doors().evaluate(id, open(), { metadata: { userId: 'ada' } });
  await doors().fetch(id);
  const told = { id: id.hex, body: { wide: true }, metadata: { userId: 'ada' } };
  t.deepEqual(
    seen.filter((each) => each.id === id.hex),
    [told, told],
  );
});

test('projections get the metadata of an event, apart from its body', async (t) => {
  const projected: CommittedEvent<unknown>[] = [];
  const Projected = defineAggregate({
    name: 'bell',
    initialState: () => 0,
    commands: { ring: () => [{ type: 'rung', body: {} }] },
    events: { rung: (count) => count + 1 },
    projections: [(event) => projected.push(event)],
  });
  const id = anId();
  await openAggregates(Projected, { store: plain.store() }).evaluate(id, { type: 'ring' }, { metadata: { n: 1 } });
  t.deepEqual(projected, await plain.store().getEvents(id, 1));
  t.deepEqual(metadataOf(projected), [{ n: 1 }]);
});

test('with lossless numbers metadata keeps its digits too, and nobody can change it', async (t) => {
  const Exact = defineAggregate({
    name: 'bell',
    initialState: () => 0,
    commands: { ring: () => [{ type: 'rung', body: {} }] },
    events: { rung: (count) => count + 1 },
    numbers: 'lossless',
  });
  const id = anId();
  const metadata = { traceId: 2n ** 100n, in: { list: [1] } };
  const result = await openAggregates(Exact, { store: plain.store() }).evaluate(id, { type: 'ring' }, { metadata });
  metadata.in.list.push(2);
  const events = result.ok ? result.value.events : [];
  t.deepEqual(metadataOf(events), [{ traceId: 2n ** 100n, in: { list: [1] } }]);
  t.true(Object.isFrozen(events[0]?.body) && Object.isFrozen(events[0]?.metadata?.['in']));
  t.deepEqual(metadataOf(events), metadataOf(await plain.store().getEvents(id, 1, { numbers: 'lossless' })));
});

test('events that a command handler returns with metadata of their own are refused', async (t) => {
  const Odd = defineAggregate({
    name: 'odd',
    initialState: () => 0,
    commands: {
      ring: () => {
        const event = { type: 'rung', body: {}, metadata: { by: 'the handler' } } as const;
        return [event];
      },
    },
    events: { rung: (count) => count + 1 },
  });
  await t.throwsAsync(openAggregates(Odd, { store: memory }).evaluate(anId(), { type: 'ring' }), {
    instanceOf: HandlerError,
    message: /element 0 has metadata; give that to evaluate\(\)/,
  });
});

test('openAggregates takes a function for its metadata, and nothing else', (t) => {
  t.throws(() => openAggregates(Door, { store: memory, metadata: { userId: 'ada' } as unknown as () => object }), {
    instanceOf: InvalidArgumentError,
    message: /metadata must be a function/,
  });
});

test('what others keep under the key of the metadata in another shape stays in the body, for handlers too', async (t) => {
  const id = anId();
  const Any = defineAggregate({
    name: 'any',
    initialState: (): unknown[] => [],
    commands: { tell: (_state, body: object) => [{ type: 'told', body }] },
    events: { told: (bodies, body: object) => [...bodies, body] },
    numbers: 'lossless',
  });
  const bodies = [
    '{"$metadata": [1]}',
    '{"$metadata": "x", "a": 1}',
    '{"$metadata": null}',
    '{"$metadata": 1.23456789012345678}',
  ];
  const clock = new Clock();
  for (const [index, body] of [...bodies, 'null', '[1]', '{"$metadata": {}}'].entries())
    await plain.knex.raw(
      `INSERT INTO ${plain.schema}.event_log (timestamp, aggregate_id, sequence, type, body) VALUES (?, ?, ?, 'told', ?::text::jsonb)`,
      [clock.now().encode(), id.encode(), index + 1, body],
    );
  const events = await plain.store().getEvents(id, 1);
  t.deepEqual(
    events.map(({ body }) => body as unknown),
    [
      { $metadata: [1] },
      { $metadata: 'x', a: 1 },
      { $metadata: null },
      { $metadata: 1.2345678901234568 },
      null,
      [1],
      {},
    ],
  );
  t.deepEqual(metadataOf(events), [...Array.from({ length: 6 }, () => undefined), {}]);
  t.is((await openAggregates(Any, { store: plain.store() }).fetch(id)).length, 7);
});
