import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { onConnections } from '../../support/connections.js';
import { aSchemaName, testKnex, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);

/** A store with one connection, and what that connection has prepared. */
function ofOneConnection(t: ExecutionContext, schema = database.schema, pool: Knex.PoolConfig = { min: 0, max: 1 }) {
  const knex = testKnex({ pool });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema });
  const names = async (): Promise<string[]> => {
    const { rows } = await knex.raw(`SELECT name FROM pg_prepared_statements WHERE name LIKE 'maestro%' ORDER BY name`);
    return rows.map(({ name }: { name: string }) => name);
  };
  return { knex, store, names };
}

/** A schema of its own for a test that changes the tables. */
async function aSchema(t: ExecutionContext): Promise<string> {
  const schema = aSchemaName();
  await migrate(database.knex, { schema });
  t.teardown(() => database.knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`));
  return schema;
}

/** All that is sent with a name, and its right answers. */
const STATEMENTS: Record<string, (t: ExecutionContext, store: PostgresStore) => Promise<void>> = {
  'a commit of one event': async (t, store) => {
    const event = anEvent();
    t.deepEqual(await store.commitEvents([event]), { ok: true, value: [event] });
    t.deepEqual(await database.store().getEvents(event.aggregateId, 1), [event]);
  },
  'a commit of several events': async (t, store) => {
    const history = aHistory(anId(), 3);
    t.deepEqual(await store.commitEvents(history), { ok: true, value: history });
    t.deepEqual(await database.store().getEvents(history[0]?.aggregateId ?? anId(), 1), history);
  },
  'commits that go together': async (t, store) => {
    const events = Array.from({ length: 20 }, () => anEvent());
    const results = await Promise.all(events.map((event) => store.commitEvents([event])));
    t.true(results.every(({ ok }) => ok));
    for (const event of events) t.deepEqual(await database.store().getEvents(event.aggregateId, 1), [event]);
  },
  'a conflict, and the look at what is taken': async (t, store) => {
    const event = anEvent();
    await database.store().commitEvents([event]);
    t.deepEqual(await store.commitEvents([anEvent(event.aggregateId)]), { ok: false, error: 'retry_command' });
    await t.throwsAsync(store.commitEvents([anEvent(anId(), { timestamp: event.timestamp })]), {
      code: 'MAESTRO_DUPLICATE_TIMESTAMP',
    });
  },
  'a snapshot': async (t, store) => {
    const snapshot = { aggregateId: anId(), sequence: 3, body: { n: 3 } };
    t.is(await store.commitSnapshot(snapshot), 'committed');
    t.is(await store.commitSnapshot(snapshot), 'stale');
    t.deepEqual(await store.getSnapshot(snapshot.aggregateId, 1), snapshot);
  },
  'a read': async (t, store) => {
    const history = aHistory(anId(), 3);
    const id = history[0]?.aggregateId ?? anId();
    await database.store().commitEvents(history);
    t.deepEqual(await store.getEvents(id, 1), history);
    t.like(await store.getLastEvent(id), { sequence: 3 });
  },
};

for (const [name, use] of Object.entries(STATEMENTS)) {
  test(`${name}: the statements are prepared once, and used again`, async (t) => {
    const { store, names } = ofOneConnection(t);
    await use(t, store);
    const first = await names();
    t.not(first.length, 0);
    await use(t, store);
    t.deepEqual(await names(), first);
  });

  test(`${name}: a connection that has lost its prepared statements costs one more round trip, and nothing else`, async (t) => {
    const { knex, store, names } = ofOneConnection(t);
    await use(t, store);
    await knex.raw('DEALLOCATE ALL');
    await use(t, store);
    await use(t, store);
    t.deepEqual(await names(), [], 'from then on nothing is prepared');
  });

  test(`${name}: a name that the connection has for something else is not used`, async (t) => {
    const other = ofOneConnection(t);
    await use(t, other.store);
    const { knex, store, names } = ofOneConnection(t);
    const taken = await other.names();
    for (const statement of taken) await knex.raw(`PREPARE ${statement} AS SELECT 'not it' AS "not it"`);
    await use(t, store);
    await use(t, store);
    t.deepEqual(await names(), taken);
  });
}

test('several connections that lose their prepared statements at the same time commit everything once', async (t) => {
  const { knex } = ofOneConnection(t, database.schema, { min: 0, max: 4 });
  const store = new PostgresStore(knex, { schema: database.schema, groupCommits: false });
  const ids = Array.from({ length: 40 }, () => anId());
  const commitTo = (sequence: number) =>
    Promise.all(ids.map((aggregateId) => store.commitEvents([anEvent(aggregateId, { sequence })])));
  await commitTo(1);
  await onConnections(knex, 4, (connection) => connection.query('DEALLOCATE ALL'));

  t.true((await commitTo(2)).every(({ ok }) => ok));

  for (const id of ids) t.is((await store.getEvents(id, 1)).length, 2);
});

test('a table whose columns change under a prepared statement is read as it is then', async (t) => {
  const schema = await aSchema(t);
  const { store } = ofOneConnection(t, schema);
  const history = aHistory(anId(), 3);
  const id = history[0]?.aggregateId ?? anId();
  await store.commitEvents(history);
  await store.commitSnapshot({ aggregateId: id, sequence: 2, body: { n: 2 } });
  const reads = async () => [
    await store.getEvents(id, 1),
    await store.getSnapshot(id, 1),
    await store.getLastEvent(id),
  ];
  const before = await reads();

  await database.knex.raw(`ALTER TABLE "${schema}".event_log ALTER COLUMN type TYPE text`);
  t.deepEqual(await reads(), before);
  await database.knex.raw(`ALTER TABLE "${schema}".snapshots ALTER COLUMN sequence TYPE bigint`);
  await store.commitEvents([anEvent(id, { sequence: 4, type: 'x'.repeat(256) })]);

  t.is((await store.getEvents(id, 1)).length, 4);
  t.like(await store.getSnapshot(id, 1), { body: { n: 2 } });
});

test('inside a transaction of the application a changed table does not break it', async (t) => {
  const schema = await aSchema(t);
  const { knex, store } = ofOneConnection(t, schema);
  const history = aHistory(anId(), 2);
  const id = history[0]?.aggregateId ?? anId();
  await store.commitEvents(history);
  await store.getEvents(id, 1);
  await database.knex.raw(`ALTER TABLE "${schema}".event_log ALTER COLUMN type TYPE text`);
  await knex.transaction(async (transaction) => {
    t.is((await new PostgresStore(transaction, { schema }).getEvents(id, 1)).length, 2);
  });
});

test('tables that are dropped and made again are used as if nothing had been', async (t) => {
  const schema = await aSchema(t);
  const { store } = ofOneConnection(t, schema);
  const event = anEvent();
  for (let times = 0; times < 3; times += 1) {
    t.deepEqual(await store.commitEvents([event]), { ok: true, value: [event] });
    t.deepEqual(await store.getEvents(event.aggregateId, 1), [event]);
    await rollback(database.knex, { schema, discardAllEvents: true });
    await t.throwsAsync(store.commitEvents([event]), { code: 'MAESTRO_NOT_MIGRATED' });
    await migrate(database.knex, { schema });
  }
});

test('without prepared statements nothing has a name', async (t) => {
  const { knex, names } = ofOneConnection(t);
  const store = new PostgresStore(knex, { schema: database.schema, preparedStatements: false });
  for (const use of Object.values(STATEMENTS)) await use(t, store);
  t.deepEqual(await names(), []);
});
