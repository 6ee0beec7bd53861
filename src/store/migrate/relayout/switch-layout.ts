import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { openSnapshots } from '../../catalog/open-snapshots.js';
import { outlast } from '../../catalog/outlast.js';
import { driverOf } from '../../driver/driver-of.js';
import type { Layout } from '../../layout/layout.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { shapeDifferences } from '../expected-shape.js';
import { lockTables } from '../lock-tables.js';
import { ForeignSchemaError, LayoutChangeRefusedError, MigrationLockError } from '../migration-errors.js';
import { lockKey } from '../migration-lock.js';
import { readTableShape } from '../table-shape.js';
import { carryOver } from './carry-over.js';
import { catchUp } from './catch-up.js';
import { missingIndexes } from './indexes.js';
import { atOnce, dropTriggers, isNoneMissed, withoutTriggers } from './notes.js';
import type { Places } from './places.js';
import { lockWork, moveOn } from './progress-state.js';
import { refusals } from './refusals.js';

/** The outcome of an attempt: the new tables are in use; others were in the way; or it is for other work to do first. */
type Outcome = 'switched' | 'busy' | 'indexes' | 'elsewhere';

/** Notes that are few enough to be taken over while writers wait. */
const FEW = 500;
/** Longest time for taking notes over while writers wait, in milliseconds. */
const CATCH_UP = 200;
/** Pauses between two looks at who still reads, while writers wait, in milliseconds. */
const PAUSES = [5, 10, 20, 40];
/** Longest wait for readers while writers wait, in milliseconds. */
const TRY = 150;
/** The shortest pause between two attempts, in milliseconds; the longest is twice as long. */
const PAUSE = 250;

/**
 * Puts the copy into use in the place of the log, in one transaction. Writers are kept out first, for a moment: then another transaction takes
 * over what they have written last and ends, so that whoever begins to read after that finds it in the copy, and those who began
 * before are waited for. Only then are readers kept out, and tables change places. A statement that waits finds the new tables.
 * `indexes` when somebody has added one, which the copy needs first. Throws {@link MigrationLockError} when others do not end in
 * time.
 */
export async function switchLayout(
  on: Executor,
  places: Places,
  target: Layout,
  lockTimeout: number,
): Promise<'switched' | 'indexes' | 'elsewhere'> {
  const deadline = performance.now() + lockTimeout;
  for (;;) {
    const left = Math.max(1, deadline - performance.now());
    while ((await catchUp(on, places)) > FEW);
    const readers = await earlierReaders(on);
    // What was written while readers were waited for.
    while ((await catchUp(on, places)) > FEW);
    const outcome = readers > 0 ? 'busy' : await attempt(on, places, target, left);
    if (outcome !== 'busy') return outcome;
    if (performance.now() >= deadline) throw new MigrationLockError(lockTimeout, undefined, await readersText(on));
    await delay(PAUSE * (1 + Math.random()));
  }
}

/** Number of transactions that began to read before now and still do; waits a moment for them to end. */
async function earlierReaders(on: Executor, places?: Places, pauses?: readonly number[]): Promise<number> {
  if (driverOf(on).isEmbedded) return 0;
  const look = () => openSnapshots(on, places && { exceptWaitingFor: places.log });
  return (await outlast(await look(), look, pauses)).size;
}

async function attempt(on: Executor, places: Places, target: Layout, timeout: number): Promise<Outcome> {
  const { isEmbedded } = driverOf(on);
  return await driverOf(on).transaction(async (transaction) => {
    await execute(transaction, `SET LOCAL lock_timeout = ${Math.ceil(timeout)}`);
    await query(transaction, 'SELECT pg_advisory_xact_lock(?::text::bigint)', [lockKey('migrations', places.schema)]);
    await assertReplaceable(transaction, places, target);
    return await lockTables(transaction, [places.log], 'SHARE ROW EXCLUSIVE', timeout, async () => {
      if ((await lockWork(transaction, places, 'catching up')) === undefined) return 'elsewhere';
      if (!(await isCaughtUp(isEmbedded ? transaction : on, places))) return 'busy';
      if ((await missingIndexes(transaction, places, target)).length > 0) return 'indexes';
      if ((await earlierReaders(transaction, places, PAUSES)) > 0) return 'busy';
      return await keepReadersOut(transaction, places, target);
    });
  });
}

/** Takes over what writers have left, who are kept out now; false when that takes too long. What was taken over stays so. */
async function isCaughtUp(on: Executor, places: Places): Promise<boolean> {
  const deadline = performance.now() + CATCH_UP;
  while (performance.now() < deadline) if ((await catchUp(on, places, FEW)) === 0) return true;
  return false;
}

/** Rejects with 55P03 when a reader does not end soon, who may be about to write and then waits for us. */
async function keepReadersOut(transaction: Knex.Transaction, places: Places, target: Layout): Promise<Outcome> {
  await execute(transaction, `SET LOCAL lock_timeout = ${await patience(transaction)}`);
  await execute(transaction, `LOCK TABLE ${places.log}, ${places.copy} IN ACCESS EXCLUSIVE MODE`);
  await assertReplaceable(transaction, places, target);
  await carryOver(transaction, places);
  await dropTriggers(transaction, places);
  await execute(transaction, atOnce(await moves(transaction, places)));
  await moveOn(transaction, places, 'switched');
  return 'switched';
}

/** Longest wait for readers, in milliseconds: less than after which the server would end one of two that wait for each other. */
async function patience(on: Executor): Promise<number> {
  const sql = "SELECT setting::integer FROM pg_settings WHERE name = 'deadlock_timeout'";
  const [row] = await query<[number]>(on, sql);
  return Math.max(1, Math.min(TRY, Math.trunc((row?.[0] ?? 1000) / 2)));
}

/** Throws when the log is not as it was when the work began, or changes of it have not been noted. */
async function assertReplaceable(on: Executor, places: Places, target: Layout): Promise<void> {
  const found = await refusals(on, places, target);
  if (found.length > 0) throw new LayoutChangeRefusedError(found);
  for (const schema of [places.schema, places.work]) {
    const shape = await readTableShape(on, schema, 'event_log');
    const faults = shape === undefined ? ['event_log is missing'] : shapeDifferences('event_log', shape);
    if (faults.length > 0) throw new ForeignSchemaError(faults);
  }
  await assertAllNoted(on, places);
}

/** Throws when a change of the log may have escaped. */
export async function assertAllNoted(on: Executor, places: Places): Promise<void> {
  if ((await isNoneMissed(on, places)) && (await withoutTriggers(on, places)).length === 0) return;
  throw new LayoutChangeRefusedError(
    [
      'changes of the log could not be noted: it was truncated, a partition was attached, or a trigger was taken away or failed',
    ],
    { hint: 'Remove the copy with --cancel, then begin again. The log was not changed.' },
  );
}

/** The statements by which the tables change places, with their indexes and all else that is part of them. */
async function moves(on: Executor, { schema, work, old, log, copy }: Places): Promise<string> {
  const rows = await query<[string]>(
    on,
    `SELECT string_agg(format('ALTER TABLE %I.%I SET SCHEMA %I;', n.nspname, c.relname, goal), ' ' ORDER BY place, c.relname)
FROM (VALUES (1, to_regclass(?)::oid, ?::text), (2, to_regclass(?)::oid, ?::text)) AS move (place, root, goal)
JOIN pg_class AS c ON c.oid = root OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = root AND inhrelid = c.oid)
JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname IN (?, ?)`,
    [log, old, copy, schema, schema, work],
  );
  return rows[0]?.[0] ?? '';
}

/** The oldest transactions that still read, in a sentence; how much of them is visible depends on the role. */
async function readersText(on: Executor): Promise<string> {
  const rows = await query<[number, string | null, number | null]>(
    on,
    `SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start)::double precision FROM pg_stat_activity
WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database() AND backend_type IS DISTINCT FROM 'autovacuum worker'
ORDER BY xact_start LIMIT 5`,
  );
  const named = rows.map(([pid, application, seconds]) => {
    const name = application === null || application === '' ? '' : ` (${application})`;
    return `process ${pid}${name}${seconds === null ? '' : `, in a transaction for ${Math.round(seconds)} s`}`;
  });
  return `Transactions that began before read all the time${named.length === 0 ? '' : `: ${named.join('; ')}`}. The log is in use as it was, and the copy is kept: run this again to go on.`;
}
