import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Database } from '../../../src/connection/database.js';
import { type EmbeddedOptions, openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { EmbeddedCorruptError, EmbeddedFolderError } from '../../../src/connection/errors.js';
import { withCancellation } from '../../../src/store/driver/cancellation.js';
import { driverOf } from '../../../src/store/driver/driver-of.js';
import { EngineThread } from '../../../src/store/driver/pglite/engine-thread.js';
import { DatabaseClosedError, DatabaseTimeoutError } from '../../../src/store/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { query } from '../../../src/store/read/rows.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { useTemporaryFolder } from '../../support/database.js';

const folder = useTemporaryFolder(test);
const dataDir = join(folder, 'data');
const id = anId();

/** A statement that the engine is at for an hour, and that nothing interrupts. */
const ENDLESS = `SELECT count(*) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b`;

test.serial.before(async () => {
  const database = await openEmbedded(dataDir, { schema: 'public' });
  await migrate(database.knex);
  await database.store.commitEvents(aHistory(id, 3));
  await database.close();
});

/** The database with an engine in a thread of its own. */
async function opened(t: ExecutionContext, options: Partial<EmbeddedOptions> = {}): Promise<Database> {
  const database = await openEmbedded(dataDir, { schema: 'public', readOnly: true, statementTimeout: 0, ...options });
  t.teardown(() => database.close());
  return database;
}

/** Starts work with a statement that does not end, and resolves to its error when that has gone to the engine. */
async function begun({ knex }: Database, work: () => Promise<unknown>): Promise<{ readonly failed: Promise<unknown> }> {
  const sent = once(knex, 'query');
  const failed = work().then(
    () => 'it ended',
    (error: unknown) => error,
  );
  await sent;
  await setImmediate();
  return { failed };
}

/** Asks again as long as a slow machine takes longer than the limit. */
async function answered<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof DatabaseTimeoutError) && (error as { code?: unknown }).code !== '57014') throw error;
    }
}

/** Tries work again where the machine was too slow for it, of which it tells. */
async function inTime(t: ExecutionContext, work: () => Promise<boolean>): Promise<void> {
  let isDone = false;
  for (let attempt = 1; attempt <= 20 && !isDone; attempt += 1) isDone = await work();
  t.true(isDone, 'not once in time');
}

test.serial('rows, values and errors are those of the engine in the same thread', async (t) => {
  const sql = `SELECT 1 AS n, NULL AS n, 'x' AS text, true AS yes, '\\x00ff'::bytea AS bytes, '{"a": 1.10}'::jsonb AS body,
ARRAY[1, 2] AS list, 12345678901234567890::numeric AS large, '2026-01-02 03:04:05Z'::timestamptz AS time WHERE ? = 7`;
  const answers = async (options: Partial<EmbeddedOptions>) => {
    const database = await opened(t, options);
    const { knex, store } = database;
    const outcome = {
      read: await query(knex, sql, [7]),
      raw: (await knex.raw<{ rows: unknown[] }>(sql, [7])).rows,
      events: await store.getEvents(id),
      error: await t.throwsAsync(async () => knex.raw('SELECT 1/0')),
      write: await t.throwsAsync(async () => knex.raw('DELETE FROM event_log')),
    };
    await database.close();
    return outcome;
  };
  const [here, there] = [await answers({ statementTimeout: undefined }), await answers({})];
  for (const key of ['read', 'raw', 'events'] as const) t.deepEqual(there[key], here[key], key);
  const facts = (error: unknown) => {
    const { message, code, severity, routine } = error as Record<string, unknown>;
    return { message, code, severity, routine };
  };
  t.deepEqual(facts(there.error), facts(here.error));
  t.deepEqual(facts(there.write), facts(here.write));
  t.like(there.write, { code: '25006' });
});

test.serial(
  'a statement that takes longer than its limit is cut off, also in a transaction, and others go on',
  async (t) => {
    const { knex, store } = await opened(t, { statementTimeout: 500 });
    const error = await t.throwsAsync(query(knex, ENDLESS));
    t.like(error, { code: '57014' });
    t.is((await answered(() => store.getEvents(id))).length, 3);

    const inTransaction = () =>
      driverOf(knex).transaction(async (transaction) => {
        await t.throwsAsync(query(transaction, ENDLESS));
        await t.throwsAsync(
          query(transaction, 'SELECT 1'),
          { message: /statement timeout/ },
          'not in a transaction any more',
        );
        throw new Error('first');
      });
    await t.throwsAsync(answered(inTransaction), { message: 'first' });
    const waiting = [
      query(knex, ENDLESS),
      answered(() => store.getEvents(id)),
      answered(() => query(knex, 'SELECT 1')),
    ];
    t.deepEqual(
      (await Promise.allSettled(waiting)).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    await t.throwsAsync(
      answered(async () => knex.raw('DELETE FROM event_log')),
      { code: '25006' },
    );
  },
);

test.serial('what nobody waits for any more is cut off, but not what ends by itself', async (t) => {
  const database = await opened(t);
  const { knex } = database;
  const left = new AbortController();
  const { failed } = await begun(database, () => withCancellation(left.signal, () => query(knex, ENDLESS)));
  left.abort();
  t.like(await failed, { code: '57014' });
  t.deepEqual(await query(knex, 'SELECT 1'), [[1]]);

  await inTime(t, async () => {
    await query(knex, `SET work_mem = '1MB'`);
    const leaving = new AbortController();
    let answer: unknown;
    const ended = withCancellation(leaving.signal, () =>
      driverOf(knex).transaction(async (transaction) => {
        const asked = query(transaction, 'SELECT count(*) FROM generate_series(1, 20000)');
        await setImmediate();
        leaving.abort();
        answer = await asked;
        await query(transaction, 'SELECT 1');
      }),
    );
    await t.throwsAsync(ended, { code: '57014' });
    await t.throwsAsync(async () => knex.raw('SAVEPOINT a'), { code: '25P01' }, 'no transaction is left open');
    const [[size]] = (await query(knex, 'SHOW work_mem')) as [[string]];
    // The same session.
    return size === '1MB' && String(answer) === '20000';
  });
});

test.serial('a statement that was answered in time while this thread was busy is not cut off', async (t) => {
  const database = await opened(t, { statementTimeout: 200 });
  const { knex } = database;
  await inTime(t, async () => {
    await answered(() => query(knex, `SET work_mem = '1MB'`));
    const { failed: outcome } = await begun(database, () => query(knex, 'SELECT 1'));
    // The whole thread waits, its timers and messages, too.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    const wasAnswered = (await outcome) === 'it ended';
    const [[size]] = (await answered(() => query(knex, 'SHOW work_mem'))) as [[string]];
    return wasAnswered && size === '1MB';
  });
});

test.serial('an engine that was cut off starts again on the same folder only, and makes no new database', async (t) => {
  const [moving, away] = [join(folder, 'moving'), join(folder, 'away')];
  cpSync(dataDir, moving, { recursive: true });
  const database = await openEmbedded(moving, { schema: 'public', readOnly: true, statementTimeout: 0 });
  t.teardown(() => database.close());
  const { failed } = await begun(database, () => query(database.knex, ENDLESS));
  driverOf(database.knex).cancel();
  t.like(await failed, { code: '57014' });

  const refused = async (message: RegExp) =>
    await t.throwsAsync(query(database.knex, 'SELECT 1'), { instanceOf: EmbeddedFolderError, message });
  renameSync(moving, away);
  await refused(/^The embedded database in .*moving is not there any more/);
  mkdirSync(moving);
  await refused(/^The embedded database in .*moving is not there any more/);
  t.deepEqual(readdirSync(moving), []);
  cpSync(dataDir, moving, { recursive: true });
  await refused(/^The folder .*moving was replaced/);
  rmSync(join(moving, 'PG_VERSION'));
  await t.throwsAsync(query(database.knex, 'SELECT 1'), { instanceOf: EmbeddedCorruptError });
  rmSync(moving, { recursive: true });
  renameSync(away, moving);
  t.deepEqual(await query(database.knex, 'SELECT 1'), [[1]]);
});

test.serial('closing cuts off what does not end, and the folder is free', async (t) => {
  const database = await opened(t, { closeTimeout: 0 });
  const { failed } = await begun(database, () => query(database.knex, ENDLESS));
  await database.close();
  t.like(await failed, { code: '57014' });
  const next = await opened(t, { timeout: 0 });
  t.is((await next.store.getEvents(id)).length, 3);
});

test.serial('what has a connection still when the database was closed starts no engine', async (t) => {
  const database = await opened(t, { closeTimeout: 0 });
  let begin = (): void => {};
  let goOn = (): void => {};
  const hasBegun = new Promise<void>((resolve) => (begin = resolve));
  const isClosed = new Promise<void>((resolve) => (goOn = resolve));
  const work = driverOf(database.knex).transaction(async (transaction) => {
    await query(transaction, 'SELECT 1');
    begin();
    await isClosed;
    return await query(transaction, 'SELECT 2');
  });
  await hasBegun;
  await database.close();
  const next = await opened(t, { timeout: 0 });
  goOn();
  await t.throwsAsync(work, { instanceOf: DatabaseClosedError, message: /^The database was closed by this program/ });
  t.is((await next.store.getEvents(id)).length, 3);
});

test.serial('a thread that ends before it says anything has the error of a start', async (t) => {
  const causeOf = async (program: string) => {
    const engine = new EngineThread({
      file: new URL(`data:text/javascript,${encodeURIComponent(program)}`),
      data: undefined,
      limit: 0,
      check: () => {},
      onStart: () => t.fail(),
      onClose: () => {},
      startError: (cause) => new Error('it does not start', { cause }),
    });
    const error = await t.throwsAsync(engine.start(), { message: 'it does not start' });
    await engine.closeForGood();
    return (error?.cause as Error).message;
  };
  t.is(await causeOf('throw new Error("out of luck")'), 'out of luck');
  t.is(await causeOf('process.exit(3)'), 'The thread of the embedded database has ended');
});

test.serial('an engine that does not start says why, and the folder is free', async (t) => {
  const broken = join(folder, 'broken');
  cpSync(dataDir, broken, { recursive: true });
  rmSync(join(broken, 'base/5'), { recursive: true });
  for (const file of ['PG_VERSION', 'pg_filenode.map'])
    cpSync(join(dataDir, 'base/5', file), join(broken, 'base/5', file));
  for (const attempt of [1, 2])
    await t.throwsAsync(
      openEmbedded(broken, { schema: 'public', statementTimeout: 0, timeout: 0 }),
      { instanceOf: EmbeddedCorruptError },
      `attempt ${attempt}`,
    );
});
