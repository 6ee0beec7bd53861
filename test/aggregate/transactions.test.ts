import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import {
  appendEvents,
  claim,
  Clock,
  ConnectionLostError,
  SerializationError,
  defineAggregate,
  InvalidArgumentError,
  MemoryStore,
  openAggregates,
  PostgresStore,
  ProjectionError,
  type Store,
} from '../../src/index.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId, collect } from '../support/data/factories.js';
import { TALLIES } from './tally.js';

const server = useTestDatabase(test);
const embedded = useEmbeddedDatabase(test);
const clock = new Clock();

interface Place {
  readonly knex: Knex;
  readonly store: PostgresStore;
}

const PLACES: Record<string, () => Place> = {
  'a server': () => ({ knex: server.knex, store: server.store() }),
  'the embedded database': () => embedded.get(),
};

class Undo extends Error {}

/** Runs work in a transaction that is rolled back. */
async function undone(t: ExecutionContext, knex: Knex, work: (transaction: Knex.Transaction) => Promise<unknown>) {
  await t.throwsAsync(
    knex.transaction(async (transaction) => {
      await work(transaction);
      throw new Undo();
    }),
    { instanceOf: Undo },
  );
}

const add = (by: number) => ({ type: 'add', data: { by } }) as const;

// One after another: the embedded database has one connection.
for (const [where, place] of Object.entries(PLACES)) {
  test.serial(`every method of a store joins a transaction, and is undone with it, on ${where}`, async (t) => {
    const { knex, store } = place();
    const [id, other] = [anId(), anId()];
    const history = aHistory(id, 2);
    await undone(t, knex, async (transaction) => {
      const join = { transaction };
      t.deepEqual(await store.commitEvents(history, join), { ok: true, value: history });
      t.deepEqual(await store.commitEvents(history, join), { ok: false, error: 'retry_command' });
      t.true((await store.commitAll([anEvent(other)], [(_event, inner) => inner.raw('SELECT 1')], join)).ok);
      t.is(await store.commitSnapshot({ aggregateId: id, sequence: 2, body: {} }, join), 'committed');
      t.is((await appendEvents(store, clock, id, [{ type: 'more', body: {} }], join))[0]?.sequence, 3);
      t.is((await store.getEvents(id, 1, join)).length, 3);
      t.is((await collect(store.streamEvents(id, 1, join))).length, 3);
      t.is((await collect(store.streamStoredEvents(id, 1, join))).length, 3);
      t.is((await store.getLastEvent(id, join))?.sequence, 3);
      t.is((await store.getSnapshot(id, 1, join))?.sequence, 2);
      t.is((await store.getStoredSnapshot(id, 1, join))?.sequence, 2);
    });
    t.deepEqual([await store.getEvents(id, 1), await store.getEvents(other, 1)], [[], []]);
    t.is(await store.getSnapshot(id, 1), undefined);
  });

  test.serial(`commands and reads inside a transaction see what it has written, on ${where}`, async (t) => {
    const { knex, store } = place();
    const tallies = openAggregates(TALLIES.every3, { store, clock });
    const id = tallies.create();
    await knex.transaction(async (transaction) => {
      const join = { transaction };
      const evaluated = await tallies.evaluate(id, add(1), join);
      t.is(evaluated.ok && evaluated.value.sequence, 1);
      const rejected = await tallies.evaluate(id, { type: 'spend', data: { by: 9 } }, join);
      t.deepEqual(rejected.ok || rejected.error, { lacking: 8, sequence: 1 });
      t.deepEqual(await tallies.evaluate(id, add(1), { ...join, return: 'sequence' }), { ok: true, value: 2 });
      await tallies.evaluate(id, add(1), join);
      t.is((await store.getSnapshot(id, 1, join))?.sequence, 3, 'the snapshot that was due');
      t.is((await tallies.get(id, join)).count, 3);
      t.is((await tallies.fetch(id, join)).count, 3);
      t.is((await tallies.replay(id, 2, join)).count, 2);
      t.is((await tallies.replayAt(id, new Date(), join)).count, 3);
      t.is(await tallies.snapshot(id, join), 'stale');
    });
    t.is((await tallies.get(id)).count, 3);
  });

  test.serial(`commands at once inside a transaction follow one another, on ${where}`, async (t) => {
    const { knex, store } = place();
    const tallies = openAggregates(TALLIES.never, { store, clock });
    const [one, two] = [tallies.create(), tallies.create()];
    await knex.transaction(async (transaction) => {
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) => tallies.evaluate(n % 2 === 0 ? one : two, add(1), { transaction })),
      );
      t.true(results.every(({ ok }) => ok));
    });
    t.deepEqual([(await tallies.get(one)).count, (await tallies.get(two)).count], [4, 4]);
  });

  test.serial(`what is in memory knows nothing of a transaction before it is committed, on ${where}`, async (t) => {
    const { knex, store } = place();
    const tallies = openAggregates(TALLIES.never, { store, clock });
    const id = tallies.create();
    await tallies.evaluate(id, add(1));
    await undone(t, knex, (transaction) => tallies.evaluate(id, add(10), { transaction }));
    t.is((await tallies.get(id)).count, 1, 'not what was undone');
    await knex.transaction(async (transaction) => {
      await transaction.transaction((savepoint) => tallies.evaluate(id, add(10), { transaction: savepoint }));
      t.is((await tallies.get(id)).count, 1, 'not what is not committed yet');
    });
    t.is((await tallies.get(id)).count, 11, 'what was committed');
    t.deepEqual(await tallies.evaluate(id, add(1), { return: 'sequence' }), { ok: true, value: 3 });
  });

  test.serial(`a failure inside a transaction undoes its command only, on ${where}`, async (t) => {
    const { knex, store } = place();
    const id = anId();
    await store.commitEvents(aHistory(id, 1));
    await knex.transaction(async (transaction) => {
      const join = { transaction };
      const taken = (await store.getEvents(id, 1, join))[0]?.timestamp ?? anId();
      await t.throwsAsync(store.commitEvents([anEvent(id, { sequence: 2, timestamp: taken })], join), {
        code: 'MAESTRO_DUPLICATE_TIMESTAMP',
      });
      for (const fails of ['SELECT 1 / 0', 'SELECT nothing'])
        await t.throwsAsync(
          store.commitAll([anEvent(id, { sequence: 2 })], [(_event, inner) => inner.raw(fails)], join),
          { instanceOf: ProjectionError },
        );
      t.true((await store.commitEvents([anEvent(id, { sequence: 2 })], join)).ok);
    });
    t.is((await store.getEvents(id, 1)).length, 2);
  });

  test.serial(`a projection evaluates a command on its own aggregate in its transaction, on ${where}`, async (t) => {
    const { knex, store } = place();
    const echo: { evaluate(transaction: Knex.Transaction): Promise<unknown> } = { evaluate: async () => undefined };
    const Echo = defineAggregate({
      name: 'echo',
      initialState: () => 0,
      commands: {
        call: (_state, _data: undefined) => [{ type: 'called', body: {} }],
        answer: () => [{ type: 'answered', body: {} }],
      },
      events: { called: (count: number) => count + 1, answered: (count: number) => count + 1 },
      projections: [{ called: (_event, transaction) => echo.evaluate(transaction) }],
    });
    const echoes = openAggregates(Echo, { store, clock });
    const id = echoes.create();
    echo.evaluate = (transaction) => echoes.evaluate(id, { type: 'answer' }, { transaction });
    t.true((await echoes.evaluate(id, { type: 'call' })).ok);
    t.is(await echoes.get(id), 2, 'also what was written beside what is in memory');
    await knex.transaction((transaction) => echoes.evaluate(id, { type: 'call' }, { transaction }));
    t.is(await echoes.get(id), 4);
  });

  test.serial(`a transaction that has ended, and what is none, cannot be joined, on ${where}`, async (t) => {
    const { knex, store } = place();
    const tallies = openAggregates(TALLIES.never, { store, clock });
    let ended: Knex.Transaction | undefined;
    await knex.transaction(async (transaction) => {
      ended = transaction;
      await transaction.raw('SELECT 1');
    });
    for (const transaction of [ended, knex, null, 'transaction'] as never[]) {
      const refused = { instanceOf: InvalidArgumentError, message: /transaction/ };
      const error = await t.throwsAsync(store.getEvents(anId(), 1, { transaction }), refused);
      t.regex(error.hint ?? '', transaction === ended ? /`await` forgotten/ : /knex\.transaction/);
      await t.throwsAsync(tallies.evaluate(anId(), add(1), { transaction }), refused);
      await t.throwsAsync(new PostgresStore(ended as never).getEvents(anId(), 1), refused);
    }
  });
}

test('aggregates on a store without a database refuse a transaction', async (t) => {
  const tallies = openAggregates(TALLIES.never, { store: new MemoryStore(), clock });
  const refused = { instanceOf: InvalidArgumentError, message: /MemoryStore/ };
  await server.knex.transaction(async (transaction) => {
    await t.throwsAsync(tallies.evaluate(anId(), add(1), { transaction }), refused);
    await t.throwsAsync(tallies.get(anId(), { transaction }), refused);
  });
});

test('another writer inside a transaction at READ COMMITTED: the newer event is read, and the command decided again', async (t) => {
  const store = server.store();
  const tallies = openAggregates(TALLIES.never, { store, clock });
  const id = tallies.create();
  await tallies.evaluate(id, add(1));
  await server.knex.transaction(async (transaction) => {
    let isFirst = true;
    const overtaken: Store = {
      commitEvents: store.commitEvents.bind(store),
      commitSnapshot: store.commitSnapshot.bind(store),
      getEvents: store.getEvents.bind(store),
      streamEvents: store.streamEvents.bind(store),
      getSnapshot: store.getSnapshot.bind(store),
      commitAll: async (...call) => {
        if (isFirst) await tallies.evaluate(id, add(10));
        isFirst = false;
        return await store.commitAll(...call);
      },
    };
    const others = openAggregates(TALLIES.never, { store: overtaken, clock });
    const result = await others.evaluate(id, add(100), { transaction });
    t.like(result.ok && result.value, { sequence: 3, state: { count: 111 } });
  });
  t.is((await tallies.fetch(id)).count, 111);
});

for (const isolationLevel of ['repeatable read', 'serializable'] as const)
  test(`another writer after a transaction at ${isolationLevel} began: one clear error at once`, async (t) => {
    const store = server.store();
    const tallies = openAggregates(TALLIES.never, { store, clock });
    const id = tallies.create();
    await tallies.evaluate(id, add(1));
    const transaction = await server.knex.transaction({ isolationLevel });
    await transaction.raw(`SET TRANSACTION ISOLATION LEVEL ${isolationLevel}`);
    t.is((await tallies.fetch(id, { transaction })).count, 1);
    await tallies.evaluate(id, add(10));
    const error = await t.throwsAsync(tallies.evaluate(id, add(100), { transaction }), {
      instanceOf: SerializationError,
    });
    t.regex(error.hint ?? '', /whole transaction again/);
    await transaction.rollback();
    t.is((await tallies.fetch(id)).count, 11);
  });

test('commands of many transactions on one aggregate, and beside them, all count', async (t) => {
  const store = server.store();
  const tallies = openAggregates(TALLIES.never, { store, clock });
  const id = tallies.create();
  await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      n % 2 === 0
        ? tallies.evaluate(id, add(1))
        : server.knex.transaction((transaction) => tallies.evaluate(id, add(1), { transaction })),
    ),
  );
  t.is((await tallies.get(id)).count, 16);
});

test('a connection that breaks inside a transaction: all of it is undone, and the error says so', async (t) => {
  const store = server.store();
  const tallies = openAggregates(TALLIES.never, { store, clock });
  const id = tallies.create();
  const lost = {
    instanceOf: ConnectionLostError,
    message: /terminating connection.*the whole transaction was rolled back/,
  };
  const transaction = await server.knex.transaction();
  await tallies.evaluate(id, add(1), { transaction });
  const { rows } = await transaction.raw('SELECT pg_backend_pid() AS pid');
  await server.knex.raw('SELECT pg_terminate_backend(?, 5000)', [rows[0].pid]);
  await t.throwsAsync(tallies.evaluate(id, add(1), { transaction }), lost);
  await t.throwsAsync(store.getEvents(id, 1, { transaction }), lost);
  await t.throwsAsync(collect(store.streamEvents(id, 1, { transaction })), lost);
  await t.throwsAsync(store.commitEvents([anEvent(id, { sequence: 2 })], { transaction }), lost);
  await t.throwsAsync(store.commitSnapshot({ aggregateId: id, sequence: 1, body: {} }, { transaction }), lost);
  await transaction.rollback().catch(() => {});
  t.deepEqual(await store.getEvents(id, 1), []);
});

test('claim() in a savepoint: who is refused can go on in the same transaction', async (t) => {
  const table = `${server.schema}.names`;
  await server.knex.raw(`CREATE TABLE ${table} (name text PRIMARY KEY)`);
  const store = server.store();
  const claims = (name: string) => [(_event: unknown, inner: Knex.Transaction) => claim(inner, table, { name })];
  const id = anId();
  await server.knex.transaction(async (transaction) => {
    await store.commitAll([anEvent(id)], claims('Ada'), { transaction });
    await t.throwsAsync(store.commitAll([anEvent()], claims('Ada'), { transaction }), { instanceOf: ProjectionError });
    await store.commitAll([anEvent(id, { sequence: 2 })], claims('Bob'), { transaction });
  });
  t.is((await store.getEvents(id, 1)).length, 2);
  t.deepEqual(await server.knex(table).pluck('name').orderBy('name'), ['Ada', 'Bob']);
});
