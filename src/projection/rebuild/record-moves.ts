import type { Knex } from 'knex';
import { driverOf } from '../../store/driver/driver-of.js';
import { setLockTimeout } from '../../store/layout/lock-timeout.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, query } from '../../store/read/rows.js';
import { outlast } from '../../store/catalog/outlast.js';
import { askSessions } from './sessions.js';

/** Longest wait for a lock, in milliseconds. */
const LOCK_TIMEOUT = 200;

/**
 * Sees to it that whoever moves a position of a live copy from now on records that (`recordingMoves`). So a search that comes after this
 * finds each move, or it is recorded. Gives the number of the record, for {@link isRecorded}; `undefined` when somebody who may not know
 * of it is still at work. Rejects with 55P03 when others have the row of the copy locked.
 */
export async function recordMoves(knex: Knex, schema: string, live: number): Promise<string | undefined> {
  const record = await driverOf(knex).transaction((transaction) => begin(transaction, schema, live));
  if (record === undefined) return undefined;
  // Who asks for the lock after this look reads afterwards that moves are recorded.
  const look = () => movers(knex, schema);
  const left = await outlast(await look(), look);
  return left.size === 0 ? record : undefined;
}

/** True when the moves of a copy have been recorded all the time since {@link recordMoves} has given a number. */
export async function isRecorded(on: Executor, schema: string, live: number, record: string): Promise<boolean> {
  return (await recordOf(on, schema, live)) === record;
}

async function begin(transaction: Executor, schema: string, live: number): Promise<string | undefined> {
  const { projections, moves } = projectionTables(schema);
  await setLockTimeout(transaction, schema, LOCK_TIMEOUT);
  // Whoever ends a record has this lock, too.
  const lock = `SELECT id FROM ${projections} WHERE id = ? AND status = 'live' FOR UPDATE`;
  if ((await query(transaction, lock, [live])).length === 0) return undefined;
  const found = await recordOf(transaction, schema, live);
  if (found !== undefined) return found;
  // A commit at REPEATABLE READ that sees the time before locks this row, and is refused because it was changed.
  await execute(transaction, `UPDATE ${projections} SET status = status WHERE id = ?`, [live]);
  const insert = `INSERT INTO ${moves} (copy) VALUES (?) RETURNING moved::text`;
  return (await query<[string]>(transaction, insert, [live]))[0]?.[0];
}

async function recordOf(on: Executor, schema: string, live: number): Promise<string | undefined> {
  const { moves } = projectionTables(schema);
  const sql = `SELECT moved::text FROM ${moves} WHERE copy = ? AND aggregate_id IS NULL`;
  return (await query<[string]>(on, sql, [live]))[0]?.[0];
}

/** The transactions of others that have moved or locked positions, or may do so. VACUUM and ANALYZE, which can take long, do not. */
async function movers(on: Executor, schema: string): Promise<ReadonlySet<string>> {
  const locked = `SELECT DISTINCT virtualtransaction FROM pg_locks WHERE relation = '${projectionTables(schema).positions}'::regclass AND granted
AND mode NOT IN ('AccessShareLock', 'ShareUpdateExclusiveLock') AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid IS DISTINCT FROM pg_backend_pid()`;
  // Sessions lock the table on the node where they are. What a crash has left prepared on another node locks only a shard.
  const prepared = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND gid LIKE 'citus%'";
  const { sessions } = traitsOf(await layoutAt(on, schema));
  return new Set(
    await askSessions(on, schema, sessions === 'on all nodes' ? `${locked} UNION ALL ${prepared}` : locked),
  );
}
