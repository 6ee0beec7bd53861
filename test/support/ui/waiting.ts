import type { Knex } from 'knex';
import type { TestDatabase } from '../database.js';

/** Waits until this many statements wait for a lock on the event log of a schema. */
export async function untilWaiting({ knex, schema }: TestDatabase, count: number): Promise<void> {
  const sql = `SELECT FROM pg_locks WHERE NOT granted AND relation = '"${schema}".event_log'::regclass`;
  for (let waiting = -1; waiting !== count; waiting = (await knex.raw<{ rows: unknown[] }>(sql)).rows.length);
}

/** Keeps everybody from reading the event log while work runs. */
export async function whileLocked({ knex, schema }: TestDatabase, work: () => Promise<void>): Promise<void> {
  await knex.transaction(async (transaction: Knex.Transaction) => {
    await transaction.raw('LOCK TABLE ??.event_log IN ACCESS EXCLUSIVE MODE', [schema]);
    await work();
  });
}
