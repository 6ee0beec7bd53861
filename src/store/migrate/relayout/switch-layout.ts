import type { Layout } from '../../layout/layout.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { shapeDifferences } from '../expected-shape.js';
import { lockTables } from '../lock-tables.js';
import { ForeignSchemaError, LayoutChangeRefusedError, MigrationLockError } from '../migration-errors.js';
import { withMigrationLock } from '../migration-lock.js';
import { readTableShape } from '../table-shape.js';
import { carryOver } from './carry-over.js';
import { catchUpRoughly } from './catch-up.js';
import { outlastReaders } from './earlier-readers.js';
import { missingIndexes } from './indexes.js';
import { atOnce, dropTriggers, isNoneMissed, withoutTriggers } from './notes.js';
import type { Places } from './places.js';
import { lockWork, moveOn, readWork } from './progress-state.js';
import { refusals } from './refusals.js';
import { writeThrough } from './write-through.js';

/** The outcome of an attempt: the new tables are in use; a change is only noted; or it is for other work to do first. */
type Outcome = 'switched' | 'noted' | 'indexes' | 'elsewhere';

/** A wait of the switch for others. */
interface Waiting {
  /** Longest wait for a lock and for readers, in milliseconds. */
  readonly lockTimeout: number;
  /** Called before each wait for readers. */
  readonly onWait: () => void;
}

/**
 * Puts the copy into use in the place of the log, in one transaction. First each change is made in both, by the transaction that makes it, and all
 * that was noted before is taken over. Whoever begins to read after that sees the same in both; those who began before are waited for,
 * while everybody goes on. Then the tables change places under a lock that keeps readers and writers out for a moment. A statement that waits
 * finds the new tables. `indexes` when somebody has added one, which the copy needs first. Throws {@link MigrationLockError} when others do not end in
 * time.
 */
export async function switchLayout(
  on: Executor,
  places: Places,
  target: Layout,
  { lockTimeout, onWait }: Waiting,
): Promise<Exclude<Outcome, 'noted'>> {
  const deadline = performance.now() + lockTimeout;
  const left = () => Math.max(1, Math.ceil(deadline - performance.now()));
  for (;;) {
    await catchUpRoughly(on, places);
    if (await writeThrough(on, places, left())) {
      onWait();
      await outlastReaders(on, deadline, lockTimeout);
      const outcome = await attempt(on, places, target, left());
      if (outcome !== 'noted') return outcome;
    }
    if (performance.now() >= deadline) throw new MigrationLockError(lockTimeout, undefined, ONLY_NOTED);
  }
}

const ONLY_NOTED =
  'Others changed more events all the time than could be taken over. The log is in use as it was, and the copy is kept: run this again to go on.';

async function attempt(on: Executor, places: Places, target: Layout, timeout: number): Promise<Outcome> {
  return await withMigrationLock(on, places.schema, timeout, async (transaction) => {
    await assertReplaceable(transaction, places, target);
    return await lockTables(transaction, [places.log, places.copy], 'ACCESS EXCLUSIVE', timeout, async () => {
      const work = await lockWork(transaction, places, 'catching up');
      if (work === undefined) return 'elsewhere';
      if (await isNoted(transaction, places)) return 'noted';
      if ((await missingIndexes(transaction, places, target)).length > 0) return 'indexes';
      await assertReplaceable(transaction, places, target);
      await carryOver(transaction, places);
      await dropTriggers(transaction, places);
      await execute(transaction, atOnce(await moves(transaction, places)));
      await moveOn(transaction, places, 'catching up', 'switched');
      return 'switched';
    });
  });
}

/** True when a change has been noted that the copy does not have. */
async function isNoted(on: Executor, { changes }: Places): Promise<boolean> {
  const [row] = await query<[boolean]>(on, `SELECT EXISTS (SELECT FROM ${changes})`);
  return row?.[0] === true;
}

/** Throws when the log is not as it was when the work began, or changes of it have not been noted. */
async function assertReplaceable(on: Executor, places: Places, target: Layout): Promise<void> {
  const found = await refusals(on, places, target);
  if (found.length > 0) throw new LayoutChangeRefusedError(found);
  const began = await readWork(on, places);
  const tables = [
    [places.schema, began?.from],
    [places.work, target],
  ] as const;
  for (const [schema, layout] of tables) {
    const shape = await readTableShape(on, schema, 'event_log');
    const faults = shape === undefined ? ['event_log is missing'] : shapeDifferences('event_log', shape);
    if (shape?.kind === 'partitioned' && shape.partitions.length !== layout?.parts)
      faults.push(`event_log has ${shape.partitions.length} partitions, and not as many as it had`);
    if (faults.length > 0) throw new ForeignSchemaError(faults);
  }
  await assertAllNoted(on, places);
}

/** Throws when a change of the log may have escaped. */
export async function assertAllNoted(on: Executor, places: Places): Promise<void> {
  if ((await isNoneMissed(on, places)) && (await withoutTriggers(on, places)).length === 0) return;
  throw new LayoutChangeRefusedError(
    [
      'changes of the log could not be noted: it was truncated, a partition was attached, or a trigger was taken away, switched off or failed',
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
