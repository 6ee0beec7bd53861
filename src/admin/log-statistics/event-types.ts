import { query } from '../../store/read/rows.js';
import { OLD_PREFIX, WORK_PREFIX } from '../../store/migrate/relayout/places.js';
import { type NonTransactionalLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { withinLimit } from '../log/within-limit.js';

/** Longest time for reading the whole log to make a hint, in milliseconds. */
const PATIENCE = 2000;

/**
 * The types of the log's events; `undefined` when finding them takes longer than `patience`, since no index has them.
 */
export async function eventTypes(log: NonTransactionalLog, patience = PATIENCE): Promise<string[] | undefined> {
  const rows = await withinLimit(log, patience, (limited) =>
    select<[string]>(limited, `SELECT DISTINCT type FROM ${tablesOf(log).log}`),
  );
  return rows?.map(([type]) => type);
}

/** True when an event has the type; false when none was found in `patience` milliseconds, since no index has the types. */
export async function hasType(log: NonTransactionalLog, type: string, patience: number): Promise<boolean> {
  const sql = `SELECT 1 FROM ${tablesOf(log).log} WHERE type = ? LIMIT 1`;
  const rows = await withinLimit(log, patience, (limited) => select(limited, sql, [type]));
  return rows !== undefined && rows.length > 0;
}

/** Up to five other schemas of the database with an event log that this role can use, by name. */
export async function schemasWithLog(log: NonTransactionalLog): Promise<string[]> {
  const sql = `SELECT n.nspname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'event_log' AND c.relkind IN ('r', 'p') AND n.nspname <> ?::text AND has_schema_privilege(n.oid, 'USAGE')
  AND NOT starts_with(n.nspname::text, ?) AND NOT starts_with(n.nspname::text, ?)
ORDER BY 1 LIMIT 5`;
  const rows = await query<[string]>(log.knex, sql, [log.schema ?? 'public', WORK_PREFIX, OLD_PREFIX]);
  return rows.map(([name]) => name);
}

/** True when the log has no events. */
export async function isEmptyLog(log: NonTransactionalLog): Promise<boolean> {
  const rows = await query(log.knex, `SELECT 1 FROM ${tablesOf(log).log} LIMIT 1`);
  return rows.length === 0;
}
