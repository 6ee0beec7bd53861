import type { EventLog } from './event-log.js';
import { select } from './select.js';

/** The time of the database's clock, in milliseconds since 1970. */
export async function databaseTime(log: Pick<EventLog, 'knex'>): Promise<number> {
  const sql = 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text';
  const [row] = await select<[string]>(log, sql);
  return Number(row?.[0]);
}
