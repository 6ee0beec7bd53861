import { checkSchemaName, DEFAULT_SCHEMA, qualified } from '../../store/schema-name.js';
import type { EventLog } from './event-log.js';
import { select } from './select.js';

/**
 * True when the schema has the migrations table of Ecto, Elixir's database library: an Elixir application uses the
 * schema.
 */
export async function hasEctoMigrations(log: EventLog): Promise<boolean> {
  const table = qualified(checkSchemaName(log.schema ?? DEFAULT_SCHEMA), 'schema_migrations');
  // Other frameworks have a table of that name, without the second column.
  const sql = `SELECT count(*)::integer FROM pg_attribute WHERE attrelid = to_regclass(?)
AND attname IN ('version', 'inserted_at') AND atttypid IN ('bigint'::regtype, 'timestamp'::regtype) AND NOT attisdropped`;
  const [row] = await select<[number]>(log, sql, [table]);
  return row?.[0] === 2;
}
