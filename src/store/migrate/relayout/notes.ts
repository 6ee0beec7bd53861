import { driverOf } from '../../driver/driver-of.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { lockTables } from '../lock-tables.js';
import { noteFunction } from './note-function.js';
import type { Places } from './places.js';
import { lockWork, moveOn } from './progress-state.js';

/** The triggers by the events that fire them, with the rows that they see. */
const TRIGGERS = {
  maestro_layout_insert: 'INSERT %s REFERENCING NEW TABLE AS new_rows',
  maestro_layout_update: 'UPDATE %s REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows',
  maestro_layout_delete: 'DELETE %s REFERENCING OLD TABLE AS old_rows',
  maestro_layout_truncate: 'TRUNCATE %s',
} as const;
/** The names of the triggers as a list in SQL. */
export const TRIGGER_NAMES = Object.keys(TRIGGERS)
  .map((name) => `'${name}'`)
  .join(', ');

/** Number of tables that get their triggers under one lock. */
const AT_ONCE = 16;

/** The statements that make what changes are noted in. */
export function noteStatements(places: Places): string[] {
  return [
    `CREATE TABLE ${places.changes} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, aggregate_id bytea NOT NULL, sequence integer NOT NULL)`,
    `CREATE SEQUENCE ${places.missed} MINVALUE 0 START 0`,
    noteFunction(places, { through: false }),
  ];
}

/**
 * Has changes of the log noted, also those that somebody makes on a partition alone, and moves the work on. The lock waits for whoever
 * writes, so that nothing that is written later escapes. Tables that have the triggers are left as they are.
 */
export async function noteChanges(on: Executor, places: Places, lockTimeout: number): Promise<void> {
  const tables = await withoutTriggers(on, places);
  for (let first = 0; first < tables.length; first += AT_ONCE) {
    const some = tables.slice(first, first + AT_ONCE);
    await driverOf(on).transaction((transaction) =>
      lockTables(transaction, some, 'SHARE ROW EXCLUSIVE', lockTimeout, async () => {
        if ((await lockWork(transaction, places, 'noting')) !== undefined)
          await execute(transaction, triggers(places, some));
      }),
    );
  }
  await moveOn(on, places, 'noting', 'copying');
}

/** Makes the triggers of tables. `ALWAYS`: also for what a replication applies, where other triggers rest. */
function triggers({ note }: Places, tables: readonly string[]): string {
  const statements = tables.flatMap((table) =>
    Object.entries(TRIGGERS).flatMap(([name, event]) => [
      `CREATE OR REPLACE TRIGGER ${name} AFTER ${event.replace('%s', () => `ON ${table}`)} FOR EACH STATEMENT EXECUTE FUNCTION ${note}();`,
      `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name};`,
    ]),
  );
  return atOnce(statements.join('\n'));
}

/**
 * The log and its partitions, as SQL names them, that lack a trigger, or have one that was switched off and on again by hand; the log comes
 * first, as writers take their locks.
 */
export async function withoutTriggers(on: Executor, { log }: Places): Promise<string[]> {
  const rows = await query<[string]>(
    on,
    `SELECT format('%I.%I', n.nspname, c.relname) FROM (SELECT to_regclass(?)::oid AS oid
  UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(?)) AS part
JOIN pg_class AS c USING (oid) JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgname IN (${TRIGGER_NAMES}) AND tgenabled = 'A') < ${Object.keys(TRIGGERS).length}
ORDER BY c.oid <> to_regclass(?), c.relname`,
    [log, log, log],
  );
  return rows.map(([name]) => name);
}

/** True when no change has escaped. */
export async function isNoneMissed(on: Executor, { missed }: Places): Promise<boolean> {
  const [row] = await query<[boolean]>(on, `SELECT is_called FROM ${missed}`);
  return row?.[0] === false;
}

/** Removes the triggers, in one statement, under a lock of the transaction on the tables that have them. */
export async function dropTriggers(transaction: Executor, { note }: Places): Promise<void> {
  const [row] = await query<[string | null]>(
    transaction,
    `SELECT string_agg(format('DROP TRIGGER %I ON %s;', t.tgname, t.tgrelid::regclass), ' ') FROM pg_trigger AS t WHERE t.tgfoid = to_regproc(?)::oid`,
    [note],
  );
  if (row?.[0] != null) await execute(transaction, atOnce(row[0]));
}

/** Statements as one, because writers wait meanwhile. */
export function atOnce(statements: string): string {
  return `DO $maestro_at_once$ BEGIN ${statements} END $maestro_at_once$`;
}
