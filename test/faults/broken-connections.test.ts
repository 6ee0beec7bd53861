import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { MaestroError } from '../../src/errors.js';
import { Clock } from '../../src/hlc/clock.js';
import { appendEvents } from '../../src/store/append.js';
import { OutcomeUnknownError, ProjectionError } from '../../src/store/errors.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import type { PostgresStoreOptions } from '../../src/store/postgres-store-options.js';
import type { Projection } from '../../src/store/store.js';
import { connectionOf, onConnections } from '../support/connections.js';
import { aSchemaName, testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId, collect } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { RecordedHistory } from '../support/data/recorded-history.js';

const database = useTestDatabase(test);

/** Errors that nobody has caught, which would end the process of an application. */
const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);
test.before(() => {
  process.on('uncaughtExceptionMonitor', note);
  process.on('unhandledRejection', note);
});
test.after.always((t) => {
  process.off('uncaughtExceptionMonitor', note);
  process.off('unhandledRejection', note);
  t.deepEqual(uncaught, []);
});

/** A store whose connections have a name of their own, by which they are found on the server. */
function named(t: ExecutionContext, max: number, options: PostgresStoreOptions = {}, config: Knex.Config = {}) {
  const name = `broken ${randomBytes(6).toString('hex')}`;
  const url = new URL(testUrl());
  url.searchParams.set('application_name', name);
  // Knex tells of every connection that it finds broken; here they are broken on purpose.
  const log = { warn() {}, error() {}, debug() {}, deprecate() {} };
  const knex = testKnex({ connection: url.href, pool: { min: 0, max }, log, ...config });
  t.teardown(() => knex.destroy());
  return { knex, name, store: new PostgresStore(knex, { schema: database.schema, ...options }) };
}

/** A schema of its own for a test that locks the tables. */
async function aSchema(t: ExecutionContext): Promise<string> {
  const schema = aSchemaName();
  await migrate(database.knex, { schema });
  t.teardown(() => database.knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  return schema;
}

async function pidOf(on: Knex | Knex.Transaction): Promise<number> {
  const { rows } = await on.raw('SELECT pg_backend_pid() AS pid');
  return rows[0].pid;
}

async function terminate(pid: number): Promise<void> {
  await database.knex.raw('SELECT pg_terminate_backend(?, 5000)', [pid]);
}

/** Ends all connections of a name; gives how many they were. */
async function terminateAll(name: string): Promise<number> {
  const { rows } = await database.knex.raw(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = ?`,
    [name],
  );
  return rows.length;
}

/** Waits until as many connections of a name wait for a lock, and gives their processes. */
async function waiting(name: string): Promise<number[]> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const { rows } = await database.knex.raw(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = ?`,
      [name],
    );
    if (rows.length > 0) return rows.map(({ pid }: { pid: number }) => pid);
  }
  throw new Error('no backend waits');
}

/** All that a store does, each in a way that can be seen to be right. */
const OPERATIONS: Record<string, (t: ExecutionContext, store: PostgresStore) => Promise<void>> = {
  'a commit': async (t, store) => {
    const history = aHistory(anId(), 2);
    t.deepEqual(await store.commitEvents(history), { ok: true, value: history });
  },
  'commits in a group': async (t, store) => {
    const results = await Promise.all(Array.from({ length: 20 }, () => store.commitEvents([anEvent()])));
    t.true(results.every(({ ok }) => ok));
  },
  'a commit with a projection': async (t, store) => {
    const projection: Projection = async (_event, transaction) => void (await transaction.raw('SELECT 1'));
    t.true((await store.commitAll([anEvent()], [projection])).ok);
  },
  'a snapshot': async (t, store) => {
    t.is(await store.commitSnapshot({ aggregateId: anId(), sequence: 1, body: {} }), 'committed');
  },
  'a read': async (t, store) => {
    t.deepEqual(await store.getEvents(anId(), 1), []);
  },
  'a stream': async (t, store) => {
    t.deepEqual(await collect(store.streamEvents(anId(), 1)), []);
  },
  'a read of a snapshot': async (t, store) => {
    t.is(await store.getSnapshot(anId(), 1), undefined);
  },
};

for (const [what, work] of Object.entries(OPERATIONS)) {
  test(`${what} after all connections were terminated while idle: it is as if nothing had been`, async (t) => {
    const { knex, name, store } = named(t, 3);
    for (let round = 0; round < 2; round += 1) {
      await onConnections(knex, 3);
      t.true((await terminateAll(name)) >= 3);
      await work(t, store);
    }
  });

  test(`${what} whose connection is terminated while it waits: once more, or one clean error, and the pool is usable`, async (t) => {
    const schema = await aSchema(t);
    const { name, store } = named(t, 5, { schema });
    const lock = await database.knex.transaction();
    await lock.raw(`LOCK TABLE "${schema}".event_log, "${schema}".snapshots IN ACCESS EXCLUSIVE MODE`);
    const working = work(t, store).then(
      () => undefined,
      (error: unknown) => error,
    );
    for (const pid of await waiting(name)) await terminate(pid);
    await lock.rollback();

    // Projections do not run a second time by themselves, and a stream may have been read in part.
    const error = await working;
    if (what === 'a commit with a projection' || what === 'a stream')
      t.true(error === undefined || (error as MaestroError).code === 'MAESTRO_CONNECTION_LOST', String(error));
    else t.is(error, undefined);
    await work(t, store);
  });
}

test('a backend that is terminated in a projection rolls back, with the first error reported', async (t) => {
  const id = anId();
  const { store } = named(t, 2);
  const suicide: Projection = async (_event, transaction) => {
    await terminate(await pidOf(transaction));
    await transaction.raw('SELECT 1');
  };

  const error = await t.throwsAsync(store.commitAll(aHistory(id, 1), [suicide]), { instanceOf: ProjectionError });

  t.regex(String((error.cause as Error).message), /terminat|connection error/i);
  t.deepEqual(await store.getEvents(id, 1), []);
  t.true((await store.commitEvents(aHistory(id, 1))).ok, 'the pool is usable afterwards');
});

test('the error of a projection is the one that is thrown, also when its connection breaks after it', async (t) => {
  const id = anId();
  const { store } = named(t, 1);
  const failing: Projection = async (_event, transaction) => {
    await terminate(await pidOf(transaction));
    throw new Error('the first');
  };
  const error = await t.throwsAsync(store.commitAll(aHistory(id, 1), [failing]), { instanceOf: ProjectionError });
  t.is((error.cause as Error).message, 'the first');
  t.true((await store.commitEvents(aHistory(id, 1))).ok);
});

test('a backend that is terminated in a projection that does not notice is one clean error, and nothing is committed', async (t) => {
  const id = anId();
  const { store } = named(t, 1);
  const careless: Projection = async (_event, transaction) => void (await terminate(await pidOf(transaction)));
  const error: unknown = await t.throwsAsync(store.commitAll(aHistory(id, 1), [careless]));
  const { code } = error as MaestroError;
  t.true(['MAESTRO_PROJECTION', 'MAESTRO_CONNECTION_LOST'].includes(code), code);
  t.deepEqual(await store.getEvents(id, 1), []);
  t.true((await store.commitEvents(aHistory(id, 1))).ok);
});

test('why the server ended a connection that a projection computes on is what is reported', async (t) => {
  const ends: Record<string, (transaction: Knex.Transaction) => Promise<unknown>> = {
    'idle-in-transaction timeout': (transaction) =>
      transaction.raw("SET LOCAL idle_in_transaction_session_timeout = '20ms'"),
    'administrator command': async (transaction) => terminate(await pidOf(transaction)),
  };
  for (const [reason, end] of Object.entries(ends)) {
    const { knex, store } = named(t, 1);
    const computing: Projection = async (_event, transaction) => {
      const connection = await connectionOf(transaction);
      const ended = new Promise((resolve) => connection.once('end', resolve));
      await end(transaction);
      await ended;
      await transaction.raw('SELECT 1');
    };
    const error = await t.throwsAsync(store.commitAll([anEvent()], [computing]), { instanceOf: ProjectionError });
    t.regex(error.message, new RegExp(`connection broke \\(.*${reason}`));
    t.regex(String((error.cause as Error).message), new RegExp(reason));
    t.truthy(error.hint);
    const inside = await t.throwsAsync(async () => {
      const transaction = await knex.transaction();
      try {
        await store.commitAll([anEvent()], [computing], { transaction });
      } finally {
        await transaction.rollback().catch(() => {});
      }
    });
    t.regex(inside.message, new RegExp(reason));
  }
});

test('a stream whose connections are terminated ends with one clean error, or goes on without a gap', async (t) => {
  const { store, name } = named(t, 2);
  const history = aHistory(anId(), 2000);
  const id = history[0]?.aggregateId ?? anId();
  await store.commitEvents(history);
  for (const after of [1, 50, 500, 1500]) {
    const seen: number[] = [];
    try {
      for await (const { sequence } of store.streamEvents(id, 1)) {
        seen.push(sequence);
        if (seen.length === after) await terminateAll(name);
      }
      t.is(seen.length, 2000);
    } catch (error) {
      t.is((error as MaestroError).code, 'MAESTRO_CONNECTION_LOST');
    }
    t.deepEqual(
      seen,
      history.slice(0, seen.length).map(({ sequence }) => sequence),
    );
  }
});

test('a pool that is destroyed under commits leaves each with one truthful answer', async (t) => {
  // A pool that is destroyed while it looks at a connection lets whoever waits for it wait until their time is up. It has to be
  // long enough for the first connection on a slow machine, too.
  const { knex, store } = named(t, 2, { recoveryTimeout: 100 }, { acquireConnectionTimeout: 10_000 });
  await store.getEvents(anId(), 1);
  const commits = Array.from({ length: 30 }, () => [anEvent()]);
  const answers = commits.map((events) => store.commitEvents(events).catch((error: unknown) => error));
  await new Promise((resolve) => setImmediate(resolve));
  await knex.destroy();
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    const [event] = commits[index] ?? [];
    const stored = (await database.store().getEvents(event?.aggregateId ?? anId(), 1)).length;
    if (answer instanceof MaestroError) t.true(answer instanceof OutcomeUnknownError || stored === 0, answer.message);
    else t.deepEqual([(answer as { ok: boolean }).ok, stored], [true, 1]);
  }
});

test.serial(
  'connections that are terminated and statements that are cancelled at random cost nobody the truth',
  async (t) => {
    t.timeout(600_000);
    const kills = rounds(40, 400);
    const { name, store, knex } = named(t, 6);
    await database.knex.raw(`CREATE TABLE "${database.schema}".seen (token text)`);
    const projection: Projection = async ({ body }, transaction) => {
      await transaction(`${database.schema}.seen`).insert({ token: body['token'] });
    };
    const clock = new Clock();
    const ids = Array.from({ length: 3 }, () => anId());
    const histories = ids.map(() => new RecordedHistory());
    const errors: Record<string, number> = {};
    let writing = true;

    const callers = Array.from({ length: 12 }, async (_, caller) => {
      for (let count = 0; writing; count += 1) {
        const which = (caller + count) % ids.length;
        const [id, history] = [ids[which] ?? anId(), histories[which] ?? new RecordedHistory()];
        const token = `${caller}-${count}`;
        const projected = caller % 4 === 0;
        const on = projected
          ? {
              getLastEvent: store.getLastEvent.bind(store),
              commitEvents: (events: never) => store.commitAll(events, [projection]),
            }
          : store;
        const told = await history.append(
          [token],
          async () =>
            (
              await appendEvents(on, clock, id, [{ type: 'happened', body: { token, projected } }], {
                maxAttempts: 1000,
              })
            ).map(({ sequence }) => sequence),
          (error) => error instanceof OutcomeUnknownError,
        );
        if (told.ok) continue;
        const { error } = told;
        const code = error instanceof MaestroError ? error.code : String(error);
        const cause = error instanceof ProjectionError ? ' of the connection' : '';
        errors[code + cause] = (errors[code + cause] ?? 0) + 1;
      }
    });
    let [terminated, cancelled] = [0, 0];
    while (terminated < kills) {
      const how = terminated % 3 === 2 ? 'pg_cancel_backend(pid)' : 'pg_terminate_backend(pid, 5000)';
      const { rows } = await database.knex.raw(
        `SELECT ${how} FROM (SELECT pid FROM pg_stat_activity WHERE application_name = ? ORDER BY random() LIMIT 1) AS victim`,
        [name],
      );
      terminated += rows.length;
      if (terminated % 3 === 0) cancelled += rows.length;
    }
    writing = false;
    await Promise.all(callers);

    const projected = new Set<string>();
    const { rows: seen } = await database.knex.raw(`SELECT token FROM "${database.schema}".seen`);
    for (const { token } of seen) projected.add(token);
    t.is(projected.size, seen.length, 'nothing is twice in the read model');
    let [acknowledged, lost, twice] = [0, 0, 0];
    for (const [index, history] of histories.entries()) {
      const events = await store.getEvents(ids[index] ?? anId(), 1);
      const stored = events.map(({ sequence, body }) => ({ sequence, token: body['token'] as string }));
      t.deepEqual(history.faults(stored), []);
      t.is(history.count('unknown'), 0, 'the server could be reached all the time');
      for (const { body } of events) {
        const token = body['token'] as string;
        t.is(projected.delete(token), body['projected'] as boolean, `the read model and ${token}`);
      }
      acknowledged += history.count('acknowledged');
      lost += history.lost(stored);
      twice += history.duplicated(stored);
    }
    t.deepEqual([...projected], [], 'nothing else is in the read model');
    const known = [
      'MAESTRO_CONNECTION_LOST',
      'MAESTRO_TIMEOUT',
      'MAESTRO_PROJECTION of the connection',
      'MAESTRO_UNREACHABLE',
    ];
    t.deepEqual(
      Object.keys(errors).filter((code) => !known.includes(code)),
      [],
    );
    t.deepEqual((await knex.raw('SELECT 1 AS one')).rows, [{ one: 1 }], 'the pool is usable afterwards');
    t.deepEqual(uncaught, []);
    figure(
      'idle and broken connections',
      `${terminated} terminated or cancelled under ${callers.length} callers: ${acknowledged} acknowledged, ${lost} lost, ` +
        `${twice} duplicated, ${Object.values(errors).reduce((sum, count) => sum + count, 0)} clean errors, ${uncaught.length} uncaught`,
    );
    t.log(errors, cancelled);
  },
);
