import test, { type ExecutionContext } from 'ava';
import { openDatabase } from '../../../src/connection/open-database.js';
import { withCancellation } from '../../../src/store/driver/cancellation.js';
import { driverOf } from '../../../src/store/driver/driver-of.js';
import { query } from '../../../src/store/read/rows.js';
import { anId } from '../../support/data/factories.js';
import { testUrl, useTestDatabase } from '../../support/database.js';

const { knex: observer } = useTestDatabase(test, { migrated: false });

/** A statement that runs until it is cancelled, and the question whether the server is at it. */
function endless(t: ExecutionContext) {
  const name = `endless ${t.title} ${process.pid}`.replaceAll(/[^\w ]/g, '');
  const count = async () => {
    const { rows } = await observer.raw<{ rows: [{ running: number }] }>(
      `SELECT count(*)::integer AS running FROM pg_stat_activity WHERE state = 'active' AND query LIKE ? AND pid <> pg_backend_pid()`,
      [`%/* ${name} */%`],
    );
    return rows[0].running;
  };
  return {
    sql: `SELECT pg_sleep(3600) /* ${name} */`,
    until: async (expected: number) => {
      while ((await count()) !== expected);
    },
  };
}

async function opened(t: ExecutionContext) {
  const database = await openDatabase({ url: testUrl(), pool: { min: 0, max: 1 } });
  t.teardown(() => database.close());
  return database;
}

test('what nobody waits for any more is cancelled on the server, and the connection is not used again', async (t) => {
  const { knex } = await opened(t);
  const { sql, until } = endless(t);
  const left = new AbortController();
  const [[before]] = (await query(knex, 'SELECT pg_backend_pid()')) as [[number]];
  const failed = t.throwsAsync(withCancellation(left.signal, () => query(knex, sql)));
  await until(1);
  left.abort();
  await failed;
  await until(0);
  const [[after]] = (await query(knex, 'SELECT pg_backend_pid()')) as [[number]];
  t.not(after, before);
});

test('a transaction is cancelled, too, and nothing is sent afterwards', async (t) => {
  const { store, knex } = await opened(t);
  const { sql, until } = endless(t);
  const left = new AbortController();
  const failed = t.throwsAsync(
    withCancellation(left.signal, () => driverOf(knex).transaction((transaction) => query(transaction, sql))),
  );
  await until(1);
  left.abort();
  await failed;
  await until(0);
  await t.throwsAsync(
    withCancellation(left.signal, () => store.getEvents(anId(), 1)),
    { message: /aborted/ },
  );
});

test('what is not inside the work goes on', async (t) => {
  const { knex } = await opened(t);
  const left = new AbortController();
  withCancellation(left.signal, () => left.abort());
  t.deepEqual(await query(knex, 'SELECT 1'), [[1]]);
});
