import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Database } from '../../../src/connection/database.js';
import { type EmbeddedOptions, openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { EmbeddedCorruptError } from '../../../src/connection/errors.js';
import { withCancellation } from '../../../src/store/driver/cancellation.js';
import { driverOf } from '../../../src/store/driver/driver-of.js';
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
    t.is((await store.getEvents(id)).length, 3);

    await t.throwsAsync(
      driverOf(knex).transaction(async (transaction) => {
        await t.throwsAsync(query(transaction, ENDLESS));
        await t.throwsAsync(
          query(transaction, 'SELECT 1'),
          { message: /statement timeout/ },
          'not in a transaction any more',
        );
        throw new Error('first');
      }),
      { message: 'first' },
    );
    const waiting = [query(knex, ENDLESS), store.getEvents(id), query(knex, 'SELECT 1')];
    t.deepEqual(
      (await Promise.allSettled(waiting)).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    await t.throwsAsync(async () => knex.raw('DELETE FROM event_log'), { code: '25006' });
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

  await query(knex, `SET work_mem = '1MB'`);
  const leaving = new AbortController();
  const ended = withCancellation(leaving.signal, () =>
    driverOf(knex).transaction(async (transaction) => {
      const asked = query(transaction, 'SELECT 1');
      leaving.abort();
      t.deepEqual(await asked, [[1]]);
      await query(transaction, 'SELECT 1');
    }),
  );
  await t.throwsAsync(ended, { code: '57014' });
  t.deepEqual(await query(knex, 'SHOW work_mem'), [['1MB']], 'it is the same session');
  t.deepEqual(await query(knex, 'SELECT pg_current_xact_id_if_assigned()'), [[null]]);
});

test.serial('closing cuts off what does not end, and the folder is free', async (t) => {
  const database = await opened(t, { closeTimeout: 0 });
  const { failed } = await begun(database, () => query(database.knex, ENDLESS));
  await database.close();
  t.like(await failed, { code: '57014' });
  const next = await opened(t, { timeout: 0 });
  t.is((await next.store.getEvents(id)).length, 3);
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
