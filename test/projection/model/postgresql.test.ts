import test from 'ava';
import type { Knex } from 'knex';
import { sqlState } from '../../../src/store/driver/driver-error.js';
import { testKnex, useSchemas } from '../../support/database.js';

/** What the model takes for granted of PostgreSQL, shown on PostgreSQL. */
const { knex, aSchema } = useSchemas(test);
const schema = aSchema();
const [positions, copies] = [`"${schema}".positions`, `"${schema}".copies`];

test.serial.before(async () => {
  await knex.raw(`CREATE SCHEMA "${schema}"`);
  await knex.raw(`CREATE TABLE ${positions} (id integer PRIMARY KEY, sequence integer NOT NULL)`);
  await knex.raw(`CREATE TABLE ${copies} (id integer PRIMARY KEY, status text NOT NULL)`);
});

test.serial.beforeEach(async () => {
  await knex.raw(`TRUNCATE ${positions}, ${copies}`);
  await knex.raw(`INSERT INTO ${positions} VALUES (1, 5)`);
  await knex.raw(`INSERT INTO ${copies} VALUES (1, 'live')`);
});

const rowsOf = async (on: Knex, sql: string): Promise<unknown[]> => (await on.raw(sql)).rows;

/** Begins a transaction, whose process it also gives. */
async function begin(settings: Knex.TransactionConfig = {}): Promise<{ on: Knex.Transaction; pid: number }> {
  const on = await knex.transaction(settings);
  return { on, pid: (await on.raw('SELECT pg_backend_pid() AS pid')).rows[0].pid };
}

/** True as soon as the process waits for another; false when the statement is done before. */
async function waits(pid: number, statement: Promise<unknown>): Promise<boolean> {
  let isDone = false;
  const done = () => void (isDone = true);
  statement.then(done, done);
  while (!isDone) {
    const [row] = await rowsOf(knex, `SELECT cardinality(pg_blocking_pids(${pid})) > 0 AS waits`);
    if ((row as { waits: boolean }).waits) return true;
  }
  return false;
}

/** What a statement comes to that has to wait until another transaction commits. */
async function afterWaiting(sql: string, other: (on: Knex.Transaction) => Promise<unknown>, before = 'SELECT 1') {
  const [first, second] = [await begin(), await begin()];
  await first.on.raw(before);
  const statement = rowsOf(second.on, sql);
  const waited = await waits(second.pid, statement);
  await other(first.on);
  await first.on.commit();
  const rows = await statement;
  await second.on.rollback();
  return { waited, rows };
}

const moveIfLive = `UPDATE ${positions} SET sequence = 6
WHERE id = 1 AND sequence = 5 AND EXISTS (SELECT FROM ${copies} WHERE id = 1 AND status = 'live') RETURNING sequence`;
const barrier = `LOCK TABLE ${positions} IN EXCLUSIVE MODE`;
const retire = (on: Knex.Transaction) => on.raw(`UPDATE ${copies} SET status = 'retired'`);

test.serial('a statement that waited for the lock of a table sees what was committed meanwhile', async (t) => {
  t.deepEqual(await afterWaiting(moveIfLive, retire, barrier), { waited: true, rows: [] });
});

test.serial('so does a prepared one, with a plan for all values that was made before', async (t) => {
  // One connection, which has the prepared statement.
  const single = testKnex({ pool: { min: 0, max: 1 } });
  t.teardown(() => single.destroy());
  await single.raw('SET plan_cache_mode = force_generic_plan');
  await single.raw(
    `PREPARE move_if_live (integer) AS ${moveIfLive.replace('id = 1 AND sequence', 'id = $1 AND sequence')}`,
  );
  t.deepEqual(await rowsOf(single, 'EXECUTE move_if_live (1)'), [{ sequence: 6 }]);
  await knex.raw(`UPDATE ${positions} SET sequence = 5`);
  const [[process], { on }] = [await rowsOf(single, 'SELECT pg_backend_pid() AS pid'), await begin()];
  await on.raw(barrier);
  const statement = rowsOf(single, 'EXECUTE move_if_live (1)');
  t.true(await waits((process as { pid: number }).pid, statement));
  await retire(on);
  await on.commit();
  t.deepEqual(await statement, []);
});

test.serial(
  'a statement that waited for a row sees the newest version of that row, and all else as it was',
  async (t) => {
    const sql = `SELECT sequence, (SELECT status FROM ${copies} WHERE id = 1) AS status FROM ${positions} WHERE id = 1 FOR UPDATE`;
    const lock = `SELECT FROM ${positions} WHERE id = 1 FOR UPDATE`;
    const move = async (on: Knex.Transaction) => {
      await on.raw(`UPDATE ${positions} SET sequence = 7`);
      await retire(on);
    };
    t.deepEqual(await afterWaiting(sql, move, lock), { waited: true, rows: [{ sequence: 7, status: 'live' }] });
  },
);

test.serial('a row that does not match any more after the wait is not updated', async (t) => {
  const move = (on: Knex.Transaction) => on.raw(`UPDATE ${positions} SET sequence = 7`);
  const lock = `SELECT FROM ${positions} WHERE id = 1 FOR UPDATE`;
  t.deepEqual(await afterWaiting(moveIfLive, move, lock), { waited: true, rows: [] });
});

test.serial('a row that was deleted and made anew during the wait is not found', async (t) => {
  const erase = async (on: Knex.Transaction) => {
    await on.raw(`DELETE FROM ${positions}`);
    await on.raw(`INSERT INTO ${positions} VALUES (1, 0)`);
  };
  const lock = `SELECT FROM ${positions} WHERE id = 1 FOR UPDATE`;
  t.deepEqual(await afterWaiting(`SELECT sequence FROM ${positions} WHERE id = 1 FOR UPDATE`, erase, lock), {
    waited: true,
    rows: [],
  });
});

test.serial(
  'INSERT … ON CONFLICT DO NOTHING waits for an update of the row, unless the row is looked for first',
  async (t) => {
    const update = `UPDATE ${positions} SET sequence = 6`;
    const insert = `INSERT INTO ${positions} VALUES (1, 0) ON CONFLICT DO NOTHING`;
    t.true((await afterWaiting(insert, async () => {}, update)).waited);
    const look = `INSERT INTO ${positions} SELECT 1, 0 WHERE NOT EXISTS (SELECT FROM ${positions} WHERE id = 1) ON CONFLICT DO NOTHING`;
    t.false((await afterWaiting(look, async () => {}, update)).waited);
  },
);

const MOVERS = {
  'who has locked a row': `SELECT FROM ${positions} FOR UPDATE`,
  'who has added one': `INSERT INTO ${positions} VALUES (2, 0)`,
  'who has changed one': moveIfLive,
};
for (const [who, statement] of Object.entries(MOVERS))
  test.serial(`the barrier waits for somebody ${who}`, async (t) => {
    t.true((await afterWaiting(barrier, async () => {}, statement)).waited);
  });

test.serial('readers go on behind the barrier', async (t) => {
  t.false((await afterWaiting(`SELECT FROM ${positions}`, async () => {}, barrier)).waited);
});

test.serial('a savepoint that is undone gives back the lock of the table, too', async (t) => {
  const [first, second] = [await begin(), await begin()];
  await first.on.raw('SAVEPOINT undone');
  await first.on.raw(moveIfLive);
  await first.on.raw('ROLLBACK TO SAVEPOINT undone');
  const statement = second.on.raw(barrier);
  t.false(await waits(second.pid, statement));
  await Promise.all([first.on.rollback(), second.on.rollback()]);
});

test.serial('a transaction at REPEATABLE READ sees an old status, unless it locks the row', async (t) => {
  const { on } = await begin({ isolationLevel: 'repeatable read' });
  await knex.raw(`UPDATE ${copies} SET status = 'retired'`);
  t.deepEqual(await rowsOf(on, moveIfLive), [{ sequence: 6 }]);
  const error = await t.throwsAsync(rowsOf(on, `SELECT FROM ${copies} WHERE id = 1 FOR SHARE`));
  t.is(sqlState(error), '40001');
  await on.rollback();
});
