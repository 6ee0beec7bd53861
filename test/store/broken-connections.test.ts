import test from 'ava';
import type { Knex } from 'knex';
import { ConnectionLostError, OutcomeUnknownError, ProjectionError } from '../../src/store/errors.js';
import { migrate } from '../../src/store/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import type { Projection } from '../../src/store/store.js';
import { aSchemaName, testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/factories.js';
import { startFaultProxy } from '../support/fault-proxy.js';

const database = useTestDatabase(test);

/** A store whose connections go through a proxy that breaks them at chosen messages. */
async function throughProxy(t: { teardown(work: () => Promise<unknown>): void }, recoveryTimeout = 5000) {
  const url = new URL(testUrl());
  const proxy = await startFaultProxy(Number(url.port));
  url.port = String(proxy.port);
  const knex = testKnex({ connection: url.href });
  t.teardown(async () => {
    await knex.destroy();
    await proxy.close();
  });
  return { proxy, store: new PostgresStore(knex, { schema: database.schema, recoveryTimeout }) };
}

const doNothing: Projection = () => {};

for (const when of ['before the server gets it', 'after the server has run it'] as const) {
  test(`a commit whose connection breaks ${when} is committed once, and says so`, async (t) => {
    const { proxy, store } = await throughProxy(t);
    const history = aHistory(anId(), 3);
    const id = history[0]?.aggregateId ?? anId();
    proxy.breakAt('INSERT', when === 'after the server has run it' ? 'reply' : 'request');

    t.deepEqual(await store.commitEvents(history), { ok: true, value: history });

    t.is(proxy.broken, 1);
    t.deepEqual(await database.store().getEvents(id, 1), history);
  });

  test(`a snapshot whose connection breaks ${when} is stored, and says so`, async (t) => {
    const { proxy, store } = await throughProxy(t);
    const snapshot = { aggregateId: anId(), sequence: 3, body: { at: 3 } };
    proxy.breakAt('INSERT', when === 'after the server has run it' ? 'reply' : 'request');

    t.is(await store.commitSnapshot(snapshot), 'committed');

    t.is(proxy.broken, 1);
    t.deepEqual(await database.store().getSnapshot(snapshot.aggregateId, 1), snapshot);
  });
}

test('a broken commit of a sequence that somebody else took is a conflict', async (t) => {
  const { proxy, store } = await throughProxy(t);
  const id = anId();
  await database.store().commitEvents([anEvent(id)]);
  proxy.breakAt('INSERT', 'reply');
  t.deepEqual(await store.commitEvents([anEvent(id)]), { ok: false, error: 'retry_command' });
  t.is(proxy.broken, 1);
});

test('with projections, a COMMIT that took effect before the connection broke is a success', async (t) => {
  const { proxy, store } = await throughProxy(t);
  const history = aHistory(anId(), 2);
  proxy.breakAt('COMMIT', 'reply');
  t.deepEqual(await store.commitAll(history, [doNothing]), { ok: true, value: history });
  t.is(proxy.broken, 1);
  t.deepEqual(await database.store().getEvents(history[0]?.aggregateId ?? anId(), 1), history);
});

test('with projections, a COMMIT that never arrived is an error, nothing is committed, and they ran once', async (t) => {
  const { proxy, store } = await throughProxy(t);
  const id = anId();
  let runs = 0;
  proxy.breakAt('COMMIT', 'request');
  const counting: Projection = () => {
    runs += 1;
  };

  const error = await t.throwsAsync(store.commitAll(aHistory(id, 1), [counting]), { instanceOf: ConnectionLostError });

  t.regex(error.message, /nothing was committed/);
  t.is(runs, 1);
  t.deepEqual(await database.store().getEvents(id, 1), []);
});

for (const at of ['INSERT', 'COMMIT'] as const)
  test(`when no connection comes back after ${at}, the outcome is unknown and the events are named`, async (t) => {
    const { proxy, store } = await throughProxy(t, 300);
    const event = anEvent();
    proxy.breakAt(at, 'reply', { forGood: true });

    const projections = at === 'COMMIT' ? [doNothing] : [];
    const error = await t.throwsAsync(store.commitAll([event], projections), { instanceOf: OutcomeUnknownError });

    t.deepEqual(error.events[0]?.timestamp, event.timestamp.toString());
    t.true(error.hint?.includes(event.timestamp.toString()));
  });

test('a commit that was never sent, because nothing can be reached, is not an unknown outcome', async (t) => {
  const { proxy, store } = await throughProxy(t, 300);
  await proxy.close();
  await t.throwsAsync(store.commitEvents([anEvent()]), { code: 'MAESTRO_UNREACHABLE' });
});

test('a backend that is terminated while idle costs nothing', async (t) => {
  const knex = testKnex({ pool: { min: 0, max: 1 } });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema: database.schema });
  await terminate(await backendOf(knex));
  t.true((await store.commitEvents([anEvent()])).ok);
  await terminate(await backendOf(knex));
  t.deepEqual(await store.getEvents(anId(), 1), []);
});

test('a backend that is terminated in a projection rolls back, with the first error reported', async (t) => {
  const id = anId();
  const store = database.store();
  const suicide: Projection = async (_event, transaction) => {
    await terminate(await backendOf(transaction));
    await transaction.raw('SELECT 1');
  };

  const error = await t.throwsAsync(store.commitAll(aHistory(id, 1), [suicide]), { instanceOf: ProjectionError });

  t.regex(String((error.cause as Error).message), /terminat|connection error/i);
  t.deepEqual(await store.getEvents(id, 1), []);
  t.true((await store.commitEvents(aHistory(id, 1))).ok, 'the pool is usable afterwards');
});

test('a backend that is terminated while a commit waits leaves one truthful answer', async (t) => {
  const schema = aSchemaName();
  const knex = testKnex();
  await migrate(knex, { schema });
  t.teardown(async () => {
    await knex.raw(`DROP SCHEMA "${schema}" CASCADE`);
    await knex.destroy();
  });
  const store = new PostgresStore(knex, { schema });
  const id = anId();
  const lock = await knex.transaction();
  await lock.raw(`LOCK TABLE "${schema}".event_log IN SHARE MODE`);
  const commit = store.commitEvents(aHistory(id, 1));
  await terminate(await waitingBackend(schema));
  await lock.rollback();

  t.true((await commit).ok);
  t.is((await store.getEvents(id, 1)).length, 1);
});

async function backendOf(on: Knex | Knex.Transaction): Promise<number> {
  const { rows } = await on.raw('SELECT pg_backend_pid() AS pid');
  return rows[0].pid;
}

async function terminate(pid: number): Promise<void> {
  await database.knex.raw('SELECT pg_terminate_backend(?, 5000)', [pid]);
}

async function waitingBackend(schema: string): Promise<number> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const { rows } = await database.knex.raw(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${schema}%' LIMIT 1`,
    );
    if (rows.length > 0) return rows[0].pid;
  }
  throw new Error('no backend waits');
}
