import type { Layout } from '../../layout/layout.js';
import { driverOf } from '../../driver/driver-of.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { qualified } from '../../schema-name.js';
import { carryOver } from './carry-over.js';
import { noteStatements } from './notes.js';
import type { Places } from './places.js';

/** Keeps new tables and indexes where the database keeps its own; PostgreSQL refuses partitioned tables where that is named. */
export const USUAL_TABLESPACE = "SET LOCAL default_tablespace = ''";

/** Makes the empty tables of another layout, without indexes, and what the work needs beside them, in one transaction. */
export async function makeCopy(on: Executor, places: Places, from: Layout, target: Layout): Promise<void> {
  await driverOf(on).transaction(async (transaction) => {
    await makeTables(transaction, places, target);
    for (const statement of [...noteStatements(places), ...stateStatements(places)])
      await execute(transaction, statement);
    await execute(transaction, `INSERT INTO ${places.state} (from_parts, parts, phase) VALUES (?, ?, 'noting')`, [
      from.parts,
      target.parts,
    ]);
    await execute(transaction, `CREATE SCHEMA "${places.old}" AUTHORIZATION ${await ownerOf(transaction, places)}`);
    await carryOver(transaction, places);
  });
}

/** Makes the schema and the tables for events in it: with the columns, in their order, and the checks of the log in use. */
export async function makeTables(transaction: Executor, places: Places, { parts }: Layout): Promise<void> {
  const { work, log, copy } = places;
  await execute(transaction, USUAL_TABLESPACE);
  await execute(transaction, `CREATE SCHEMA "${work}" AUTHORIZATION ${await ownerOf(transaction, places)}`);
  const like = `CREATE TABLE ${copy} (LIKE ${log} INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)`;
  await execute(transaction, parts === 1 ? like : `${like} PARTITION BY HASH (aggregate_id)`);
  for (let number = 0; parts > 1 && number < parts; number += 1)
    await execute(
      transaction,
      `CREATE TABLE ${qualified(work, `event_log_${number}`)} PARTITION OF ${copy} FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${number})`,
    );
}

/** The owner of the log, as SQL names it. */
async function ownerOf(on: Executor, { log }: Places): Promise<string> {
  const sql = 'SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = to_regclass(?)';
  const [row] = await query<[string]>(on, sql, [log]);
  return row?.[0] ?? 'CURRENT_USER';
}

function stateStatements({ state }: Places): string[] {
  return [
    `CREATE TABLE ${state} (from_parts integer NOT NULL, parts integer NOT NULL, phase text NOT NULL, copied bytea, started_at timestamptz NOT NULL DEFAULT now())`,
  ];
}
