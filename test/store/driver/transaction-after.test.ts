import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { driverOf } from '../../../src/store/driver/driver-of.js';
import { clientOf, type MarkedQuery, type PgConnection } from '../../../src/store/driver/relied-upon.js';
import { pgKnex } from './relied-upon/members.js';

const NOTHING = { statement: { sql: 'SELECT 1' }, bindings: [] };

/** Runs work in a transaction that Knex makes, and in one that has begun with its first statement, each on a table of its own. */
async function inBoth<Value>(
  t: ExecutionContext,
  work: (transaction: Knex.Transaction, knex: Knex) => Promise<Value>,
): Promise<[knex: Value, begun: Value]> {
  const { knex } = pgKnex(t);
  const setUp = (on: Knex.Transaction) =>
    on.raw('CREATE TEMPORARY TABLE notes (n int PRIMARY KEY, text text) ON COMMIT DROP');
  const one = await knex.transaction(async (transaction) => {
    await setUp(transaction);
    return await work(transaction, knex);
  });
  const other = await driverOf(knex).transactionAfter([NOTHING], async (transaction, answers) => {
    await answers;
    await setUp(transaction);
    return await work(transaction, knex);
  });
  return [one, other];
}

for (const [what, work] of Object.entries<(transaction: Knex.Transaction, knex: Knex) => Promise<unknown>>({
  'builders, raw and the schema': async (transaction) => {
    await transaction('notes').insert({ n: 1, text: 'one' });
    await transaction.insert({ n: 2, text: 'two' }).into('notes');
    await transaction.batchInsert('notes', [{ n: 3 }, { n: 4 }], 1);
    const { rows } = await transaction.raw<{ rows: unknown[] }>('SELECT ?::int + ?::int AS sum', [1, 2]);
    return [
      rows,
      await transaction('notes').select('n', transaction.ref('text').as('t')).orderBy('n'),
      await transaction.schema.hasTable('notes'),
      await transaction
        .queryBuilder()
        .count('*')
        .from('notes')
        .where('n', '<', transaction.raw('?', [3])),
      typeof transaction.fn.now(),
    ];
  },
  'transactions inside it, of which one is undone': async (transaction) => {
    await transaction.transaction((inside) => inside('notes').insert({ n: 1 }));
    const undone = transaction.transaction(async (inside) => {
      await inside('notes').insert({ n: 2 });
      throw new Error('as this test says');
    });
    // The next begins when the one before has ended.
    const next = transaction.savepoint(async (inside) => {
      await inside('notes').insert({ n: 3 });
      return [inside.isTransaction, inside.parentTransaction === transaction, inside.isCompleted()];
    });
    const { reason } = (await Promise.allSettled([undone]))[0] as PromiseRejectedResult;
    return [(reason as Error).message, await next, await transaction('notes').pluck('n')];
  },
  'listeners of its own, and those of the Knex instance': async (transaction, knex) => {
    const heard: string[] = [];
    const hear =
      (by: string) =>
      ({ sql }: MarkedQuery) =>
        void heard.push(`${by} ${sql}`);
    const outside = hear('outside');
    knex.on('query', outside);
    transaction.on('query', hear('inside'));
    await transaction('notes').insert({ n: 1 });
    await transaction.transaction((inside) => inside.raw('SELECT 2'));
    knex.off('query', outside);
    return heard.filter((text) => !text.includes('SAVEPOINT'));
  },
  'what it is': async (transaction, knex) => {
    const refused = (call: () => unknown) => {
      try {
        return `gave ${typeof call()}`;
      } catch {
        return 'refused';
      }
    };
    const connection = await clientOf<PgConnection>(transaction).acquireConnection();
    return [
      transaction.isTransaction,
      transaction.isCompleted(),
      transaction.userParams,
      refused(() => transaction.withUserParams({ a: 1 })),
      connection.getTransactionStatus?.(),
      clientOf(transaction).driver === clientOf(knex).driver,
      transaction.client === knex.client,
      knex.isTransaction,
    ];
  },
}))
  test(`a transaction that began with its first statement is like one of Knex: ${what}`, async (t) => {
    const [knex, begun] = await inBoth(t, work);
    t.deepEqual(begun, knex);
  });

test('after its end it refuses statements, whoever kept it, and its promise tells how it ended', async (t) => {
  const { knex } = pgKnex(t, { pool: { min: 0, max: 1 } });
  const driver = driverOf(knex);
  const kept: { transaction?: Knex.Transaction; query?: Knex.QueryBuilder } = {};
  await driver.transactionAfter([NOTHING], async (transaction, answers) => {
    await answers;
    Object.assign(kept, { transaction, query: transaction.select(transaction.raw('1')) });
  });
  const { transaction } = kept;
  t.true(transaction?.isCompleted());
  await t.notThrowsAsync(async () => transaction?.executionPromise);
  await t.throwsAsync(async () => kept.query, { message: /already complete/ });
  await t.throwsAsync(async () => transaction?.raw('SELECT 1'), { message: /already complete/ });

  const failing = driver.transactionAfter([NOTHING], async (other, answers) => {
    kept.transaction = other;
    await answers;
    throw new Error('as this test says');
  });
  await t.throwsAsync(failing, { message: 'as this test says' });
  await t.throwsAsync(async () => kept.transaction?.executionPromise);
  // Its one connection is of use to the next.
  t.is((await driver.send<[number]>({ sql: 'SELECT 1' }, [])).rows[0]?.[0], 1);
});

test('work that ends before the first statements are answered does not leave its transaction to the next', async (t) => {
  const { knex } = pgKnex(t, { pool: { min: 0, max: 1 } });
  await knex.raw('DROP TABLE IF EXISTS left_open; CREATE TABLE left_open (n int)');
  t.teardown(() => knex.raw('DROP TABLE left_open'));
  const insert = { statement: { sql: 'INSERT INTO left_open SELECT 1 FROM pg_sleep(0.05)' }, bindings: [] };
  const hasty = driverOf(knex).transactionAfter([insert], () => Promise.reject(new Error('as this test says')));
  await t.throwsAsync(hasty, { message: 'as this test says' });
  t.deepEqual(await knex('left_open').select(), []);
});
