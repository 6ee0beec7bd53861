import test from 'ava';
import type { Knex } from 'knex';
import { driverOf } from '../../../src/store/driver/driver-of.js';
import { type PgConnection, type PgModule } from '../../../src/store/driver/relied-upon.js';
import { sendTogether } from '../../../src/store/driver/pg/send-together.js';
import { pgKnex } from './relied-upon/members.js';

const sql = (text: string, bindings: readonly Knex.RawBinding[] = []) => ({ statement: { sql: text }, bindings });

test('statements that are sent together are answered one by one, in their order', async (t) => {
  const { knex } = pgKnex(t);
  const answers = await driverOf(knex).transactionAfter(
    [
      sql('CREATE TEMPORARY TABLE several (n int) ON COMMIT DROP'),
      sql('INSERT INTO several VALUES ($1), ($2)', [1, 2]),
    ],
    async (transaction, first) => [
      ...(await first),
      ...(await driverOf(transaction).sendTogether([
        sql('UPDATE several SET n = n + 1 RETURNING n'),
        sql('SELECT n FROM several WHERE n > $1', [2]),
        sql('DELETE FROM several WHERE n > 5'),
      ])),
    ],
  );
  t.deepEqual(answers, [
    { rows: [], count: 0 },
    { rows: [], count: 2 },
    { rows: [[2], [3]], count: 2 },
    { rows: [[3]], count: 1 },
    { rows: [], count: 0 },
  ]);
});

test('after one that fails none is carried out, and the connection is of use', async (t) => {
  const { client } = pgKnex(t);
  const connection = await client.acquireConnection();
  t.teardown(() => client.releaseConnection(connection));
  const pg = client.driver as PgModule;
  const text = (each: string, name?: string) => ({ text: each, values: [], name });
  await connection.query('CREATE TEMPORARY TABLE carried_out (n int)');
  for (const failing of ['SELECT 1/0', 'nonsense', 'SELECT * FROM is_nowhere']) {
    await t.throwsAsync(
      sendTogether(pg, connection, [
        text('INSERT INTO carried_out VALUES (1)'),
        text(failing),
        text('INSERT INTO carried_out VALUES (2)', 'two'),
      ]),
    );
    t.deepEqual((await connection.query('SELECT n FROM carried_out')).rows, []);
  }
  // What was passed over is not taken for known.
  await sendTogether(pg, connection, [text('SELECT 1'), text('INSERT INTO carried_out VALUES (2)', 'two')]);
  await sendTogether(pg, connection, [text('INSERT INTO carried_out VALUES (2)', 'two')]);
  t.deepEqual((await connection.query('SELECT n FROM carried_out')).rows, [{ n: 2 }, { n: 2 }]);
});

test('a statement does not run by itself when its transaction cannot begin', async (t) => {
  const { client } = pgKnex(t);
  const connection: PgConnection = await client.acquireConnection();
  t.teardown(() => client.releaseConnection(connection));
  await connection.query('CREATE TEMPORARY TABLE by_itself (n int)');
  const begin = { text: 'BEGIN TRANSACTION ISOLATION LEVEL nonsense', values: [] };
  const insert = { text: 'INSERT INTO by_itself VALUES (1)', values: [] };
  await t.throwsAsync(sendTogether(client.driver as PgModule, connection, [begin, insert]), {
    message: /syntax error/,
  });
  t.deepEqual((await connection.query('SELECT n FROM by_itself')).rows, []);
});

test('a limit of the connection for answers holds for statements that are sent together, and ends with them', async (t) => {
  const { knex } = pgKnex(t, { pool: { min: 0, max: 1 } });
  const settings = (knex.client as { connectionSettings: object }).connectionSettings;
  Object.assign(settings, { query_timeout: 200 });
  const driver = driverOf(knex);
  const within = await driver.transactionAfter([sql('SELECT 7')], async (_transaction, first) => await first);
  t.deepEqual(within[0]?.rows, [[7]]);
  await t.throwsAsync(
    driver.transactionAfter([sql('SELECT pg_sleep(2)')], async (_transaction, first) => await first),
    { message: /timeout/ },
  );
});
