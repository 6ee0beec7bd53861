import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import {
  appendEvents,
  Clock,
  ConfigurationError,
  type Database,
  DatabaseClosedError,
  migrate,
  openAggregates,
  openDatabase,
  OutcomeUnknownError,
  PoolExhaustedError,
  PostgresStore,
} from '../../../src/index.js';
import { exitCodeFor, UNAVAILABLE } from '../../../src/cli/exit-codes.js';
import { testKnex, testUrl, useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { TALLIES } from '../../aggregate/tally.js';

const server = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const add = { type: 'add', data: { by: 1 } } as const;

/** The server, or an embedded database of its own, migrated; closed when the test is done. */
async function opened(t: ExecutionContext, where: 'server' | 'embedded', options = {}): Promise<Database> {
  const target = where === 'server' ? { url: testUrl(), schema: server.schema } : { dataDir: join(folder, anId().hex) };
  const database = await openDatabase({ ...target, ...options });
  t.teardown(() => database.close());
  if (where === 'embedded') await migrate(database.knex);
  return database;
}

function promise(): { readonly done: Promise<void>; readonly finish: () => void } {
  let finish = (): void => {};
  return { done: new Promise((resolve) => (finish = resolve)), finish: () => finish() };
}

test.serial('a program says how many connections it has', async (t) => {
  const { knex } = await opened(t, 'server', { pool: { min: 1, max: 6 } });
  const transactions = await Promise.all(Array.from({ length: 6 }, () => knex.transaction()));
  t.is(new Set(await Promise.all(transactions.map(pidOf))).size, 6);
  for (const transaction of transactions) await transaction.rollback();
});

async function pidOf(transaction: Knex.Transaction): Promise<number> {
  return (await transaction.raw('SELECT pg_backend_pid() AS pid')).rows[0].pid;
}

for (const pool of [{ max: 0 }, { max: 1.5 }, { min: -1 }, { min: 5 }, { min: '1' }, { size: 3 }, null, 7])
  test.serial(`a pool that is none is refused: ${JSON.stringify(pool)}`, async (t) => {
    const url = 'postgres://localhost:1/nowhere';
    await t.throwsAsync(openDatabase({ url, pool: pool as never }), {
      instanceOf: ConfigurationError,
      message: /pool/,
    });
  });

for (const closeTimeout of [-1, 0.5, Number.NaN, 2 ** 31])
  test.serial(`a time to close that is none is refused: ${closeTimeout}`, async (t) => {
    const refused = { instanceOf: ConfigurationError, message: /closeTimeout/ };
    await t.throwsAsync(openDatabase({ url: 'postgres://localhost:1/nowhere', closeTimeout }), refused);
    await t.throwsAsync(openDatabase({ dataDir: join(folder, 'never'), closeTimeout }), refused);
  });

test.serial(
  'all connections in use by transactions that wait for one more: the error says so, and what to do',
  async (t) => {
    const knex = testKnex({ pool: { min: 0, max: 2 }, acquireConnectionTimeout: 1000 });
    t.teardown(() => knex.destroy());
    const tallies = openAggregates(TALLIES.never, { store: new PostgresStore(knex, server), clock: new Clock() });
    const [one, other] = [await knex.transaction(), await knex.transaction()];
    // Each commit is in a savepoint; the transaction goes on after it.
    await new PostgresStore(knex, server).commitEvents([anEvent()], { transaction: one });
    const error = await t.throwsAsync(tallies.evaluate(anId(), add), { instanceOf: PoolExhaustedError });
    t.regex(
      error.message,
      /^All 2 connections of the pool are in use by transactions of this program; none .* 1(?:\.\d)? s\.$/,
    );
    t.regex(error.hint ?? '', /\{ transaction \}.*pool: \{ max \}/);
    t.is(exitCodeFor(error), UNAVAILABLE);
    t.true((await tallies.evaluate(anId(), add, { transaction: one })).ok, 'the remedy');
    await other.rollback();
    t.true((await tallies.evaluate(anId(), add)).ok, 'it is over when one becomes free');
    await one.rollback();
  },
);

test.serial(
  'the one connection of the embedded database in use by a transaction that waits for another one: soon the same error',
  async (t) => {
    const { knex, store } = await opened(t, 'embedded');
    await knex.transaction(async (transaction) => {
      const error = await t.throwsAsync(store.commitEvents([anEvent()]), { instanceOf: PoolExhaustedError });
      t.regex(error.message, /^The one connection of the embedded database is in use by a transaction of this program/);
      t.regex(error.hint ?? '', /\{ transaction \}.*one connection for all\.$/);
      t.true((await store.commitEvents([anEvent()], { transaction })).ok);
    });
  },
);

test.serial('connections that change hands are waited for longer than one that nobody gives back', async (t) => {
  const knex = testKnex({ pool: { min: 0, max: 1 }, acquireConnectionTimeout: 1000 });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, server);
  const slow = Array.from({ length: 6 }, () =>
    store.commitAll([anEvent()], [(_e, inner) => inner.raw('SELECT pg_sleep(0.3)')]),
  );
  t.true((await Promise.all(slow)).every(({ ok }) => ok));
});

for (const where of ['server', 'embedded'] as const) {
  test.serial(
    `closing lets commands that are under way end, and refuses those that come after, ${where}`,
    async (t) => {
      const { knex, store, close } = await opened(t, where);
      const [entered, released] = [promise(), promise()];
      const tallies = openAggregates(TALLIES.every3, { store, clock: new Clock() });
      const id = tallies.create();
      await tallies.evaluate(id, add);
      const slow = store.commitAll(
        [anEvent()],
        [
          async () => {
            entered.finish();
            await released.done;
          },
        ],
      );
      await entered.done;
      // Waits for its turn, then needs connections several times.
      const running = [1, 2, 3].map(() => tallies.evaluate(id, add, { return: 'sequence' }));
      const closing = close();
      t.is(close(), closing, 'closing twice is closing once');
      await t.throwsAsync(tallies.evaluate(tallies.create(), add), {
        instanceOf: DatabaseClosedError,
        message: /closed/,
      });
      released.finish();
      t.true((await slow).ok);
      t.deepEqual(
        await Promise.all(running),
        [2, 3, 4].map((value) => ({ ok: true, value })),
      );
      await closing;
      for (const late of [
        () => tallies.get(id),
        async () => await knex.raw('SELECT 1'),
        async () => await knex('event_log').select(),
        () => knex.transaction(async () => {}),
        () => store.commitEvents([anEvent()]),
        () => store.getEvents(id, 1),
        () => tallies.evaluate(id, add),
        () => tallies.fetch(id),
      ])
        await t.throwsAsync(late, { instanceOf: DatabaseClosedError, message: /closed/ });
    },
  );

  test.serial(`closing lets appends and streams that are under way end, ${where}`, async (t) => {
    const { store, close } = await opened(t, where);
    const id = anId();
    await store.commitEvents(aHistory(id, 1500));
    const stream = store.streamEvents(id, 1);
    await stream.next();
    const drafts = [{ type: 'added', body: {} }];
    const appends = Array.from({ length: 5 }, () => appendEvents(store, new Clock(), anId(), drafts));
    const closing = close();
    t.is((await Promise.all(appends)).length, 5);
    let count = 1;
    while ((await stream.next()).done !== true) count += 1;
    t.is(count, 1500);
    await closing;
    await t.throwsAsync(store.streamEvents(id, 1).next(), { instanceOf: DatabaseClosedError });
    await t.throwsAsync(appendEvents(store, new Clock(), id, drafts), { instanceOf: DatabaseClosedError });
  });

  test.serial(`a stream that nobody reads on holds closing no longer than closeTimeout, ${where}`, async (t) => {
    const { store, close } = await opened(t, where, { closeTimeout: 1 });
    const id = anId();
    await store.commitEvents(aHistory(id, 1500));
    await store.streamEvents(id, 1).next();
    const stopped = store.streamEvents(id, 1);
    await stopped.next();
    await stopped.return(undefined);
    await close();
    t.pass();
  });

  test.serial(`closing cuts off what takes too long, ${where}`, async (t) => {
    const { knex, close } = await opened(t, where, { closeTimeout: 1 });
    const forgotten = await knex.transaction();
    await forgotten.raw('SELECT 1');
    await close();
    await t.throwsAsync(async () => await forgotten.raw('SELECT 1'));
  });
}

test.serial('a commit that closing has cut off says that its outcome is not known', async (t) => {
  const { store, close } = await opened(t, 'server', { closeTimeout: 1 });
  await store.getEvents(anId(), 1);
  const event = anEvent();
  const lock = await server.knex.transaction();
  await server.store().commitEvents([{ ...event, timestamp: anId() }], { transaction: lock });
  const commit = store.commitEvents([event]);
  const outcome = t.throwsAsync(commit, { instanceOf: OutcomeUnknownError });
  await close();
  await outcome;
  await lock.rollback();
});

test.serial('a pool that the application destroyed is told from a server that cannot be reached', async (t) => {
  const knex = testKnex();
  const store = new PostgresStore(knex, server);
  await store.getEvents(anId(), 1);
  await knex.destroy();
  await t.throwsAsync(store.getEvents(anId(), 1), { instanceOf: DatabaseClosedError });
  await t.throwsAsync(new PostgresStore(knex, server).commitEvents([anEvent()]), { instanceOf: DatabaseClosedError });
});
