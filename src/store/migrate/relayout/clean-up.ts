import { driverOf } from '../../driver/driver-of.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { lockTables } from '../lock-tables.js';
import { dropTriggers } from './notes.js';
import type { Places } from './places.js';

/** Drops the tables of the old layout after the switch, table by table because each needs locks, and then what the work has made. */
export async function dropOld(on: Executor, { old, work }: Places): Promise<void> {
  const partitions = await query<[string]>(
    on,
    `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relispartition AND c.relkind = 'r' ORDER BY c.relname`,
    [old],
  );
  for (const [partition] of partitions) await execute(on, `DROP TABLE IF EXISTS ${partition}`);
  await execute(on, `DROP SCHEMA IF EXISTS "${old}" CASCADE`);
  await execute(on, `DROP SCHEMA IF EXISTS "${work}" CASCADE`);
}

/** Removes an unfinished copy and the triggers on the log, in one transaction: there are never triggers without the work. */
export async function dropWork(on: Executor, places: Places, lockTimeout: number): Promise<void> {
  const { note, old, work } = places;
  await driverOf(on).transaction(async (transaction) => {
    const tables = await query<[string]>(
      transaction,
      `SELECT DISTINCT format('%I.%I', n.nspname, c.relname) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE t.tgfoid = to_regproc(?)::oid`,
      [note],
    );
    const drop = async () => {
      await dropTriggers(transaction, places);
      await execute(transaction, `DROP SCHEMA IF EXISTS "${work}" CASCADE`);
      await execute(transaction, `DROP SCHEMA IF EXISTS "${old}" CASCADE`);
    };
    if (tables.length === 0) return await drop();
    await lockTables(
      transaction,
      tables.map(([table]) => table),
      'ACCESS EXCLUSIVE',
      lockTimeout,
      drop,
    );
  });
}
