import test from 'ava';
import type { Knex } from 'knex';
import { driverOf } from '../../../src/store/driver/driver-of.js';
import type { PgConnection } from '../../../src/store/driver/relied-upon.js';
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
  const text = (each: string, name?: string) => ({ text: each, values: [], name });
  await connection.query('CREATE TEMPORARY TABLE carried_out (n int)');
  for (const failing of ['SELECT 1/0', 'nonsense', 'SELECT * FROM is_nowhere']) {
    await t.throwsAsync(
      sendTogether(connection, [
        text('INSERT INTO carried_out VALUES (1)'),
        text(failing),
        text('INSERT INTO carried_out VALUES (2)', 'two'),
      ]),
    );
    t.deepEqual((await connection.query('SELECT n FROM carried_out')).rows, []);
  }
  // What was passed over is not taken for known.
  await sendTogether(connection, [text('SELECT 1'), text('INSERT INTO carried_out VALUES (2)', 'two')]);
  await sendTogether(connection, [text('INSERT INTO carried_out VALUES (2)', 'two')]);
  t.deepEqual((await connection.query('SELECT n FROM carried_out')).rows, [{ n: 2 }, { n: 2 }]);
});

test('an error that comes after the last answer is thrown, whether or not the connection goes on', async (t) => {
  const { client } = pgKnex(t);
  const connection = await client.acquireConnection();
  t.teardown(() => client.releaseConnection(connection));
  const text = (each: string) => ({ text: each, values: [] });
  await connection.query('CREATE TEMPORARY TABLE deferred (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
  const insert = text('INSERT INTO deferred VALUES (1)');
  await t.throwsAsync(sendTogether(connection, [insert, insert]), { message: /unique/ });
  t.deepEqual((await connection.query('SELECT n FROM deferred')).rows, []);
  const lost = sendTogether(connection, [text('SELECT 1'), text('SELECT pg_terminate_backend(pg_backend_pid())')]);
  await t.throwsAsync(lost, { message: /terminat|ended/ });
});

test('a statement does not run by itself when its transaction cannot begin', async (t) => {
  const { client } = pgKnex(t);
  const connection: PgConnection = await client.acquireConnection();
  t.teardown(() => client.releaseConnection(connection));
  await connection.query('CREATE TEMPORARY TABLE by_itself (n int)');
  const begin = { text: 'BEGIN TRANSACTION ISOLATION LEVEL nonsense', values: [] };
  const insert = { text: 'INSERT INTO by_itself VALUES (1)', values: [] };
  await t.throwsAsync(sendTogether(connection, [begin, insert]), {
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

test('what comes after the end of a transaction is refused, and nothing of it is written', async (t) => {
  const { knex } = pgKnex(t);
  await knex.raw('DROP TABLE IF EXISTS too_late; CREATE TABLE too_late (n int)');
  t.teardown(() => knex.raw('DROP TABLE too_late'));
  const insert = [sql('INSERT INTO too_late VALUES (1)'), sql('INSERT INTO too_late VALUES (2)')];
  const kept: { savepoint?: Promise<unknown>; transaction?: Knex.Transaction } = {};
  await knex
    .transaction(async (transaction) => {
      kept.transaction = transaction;
      // Whoever forgets an `await` has the savepoint begin, and the transaction end before anything is in it.
      kept.savepoint = driverOf(transaction).transaction((inside) => driverOf(inside).sendTogether(insert));
      kept.savepoint.catch(() => {});
      await Promise.resolve();
      throw new Error('as this test says');
    })
    .catch(() => {});
  await t.throwsAsync(async () => await kept.savepoint);
  await t.throwsAsync(driverOf(kept.transaction as Knex.Transaction).sendTogether(insert), {
    message: /already complete/,
  });
  t.deepEqual(await knex('too_late').select(), []);
});

test('where `pg` sends ahead of answers, statements go one by one', async (t) => {
  const { knex, client } = pgKnex(t, { pool: { min: 0, max: 1 } });
  const connection = await client.acquireConnection();
  Object.assign(connection, { pipeline: true });
  await client.releaseConnection(connection);
  const answers = driverOf(knex).transactionAfter([sql('SELECT 1'), sql('SELECT 2')], async (_, first) => await first);
  t.deepEqual(
    (await answers).map(({ rows }) => rows),
    [[[1]], [[2]]],
  );
});

test('a library that gives what is sent a text of its own does not mix up names', async (t) => {
  const { knex, client } = pgKnex(t, { pool: { min: 0, max: 1 } });
  const connection = await client.acquireConnection();
  const query = connection.query.bind(connection) as (...all: unknown[]) => unknown;
  Object.assign(connection, {
    query: (asked: { text?: string }, ...rest: unknown[]) => {
      const { text } = asked;
      try {
        if (typeof text === 'string' && !Object.isFrozen(asked))
          Object.defineProperty(asked, 'text', { value: `/* traced */ ${text}`, configurable: true });
      } catch {
        // As those libraries do.
      }
      return query(asked, ...rest);
    },
  });
  await client.releaseConnection(connection);
  const named = { statement: { sql: 'SELECT $1::int', name: 'as_this_test_says' }, bindings: [5] };
  const driver = driverOf(knex);
  for (let round = 0; round < 2; round += 1) {
    const answers = driver.transactionAfter([named, sql('SELECT 2')], async (_, first) => await first, {
      repeatable: true,
    });
    t.deepEqual(
      (await answers).map(({ rows }) => rows),
      [[[5]], [[2]]],
    );
    t.deepEqual((await driver.send(named.statement, named.bindings)).rows, [[5]]);
  }
});

test('a copy of a Knex instance has a driver of its own', (t) => {
  const { knex } = pgKnex(t);
  const driver = driverOf(knex);
  t.is(driverOf(knex), driver);
  t.not(driverOf(knex.withUserParams({ tenant: 1 })), driver);
});
