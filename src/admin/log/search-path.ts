import { type ErrorCode, MaestroError } from '../../errors.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { execute, query } from '../../store/read/rows.js';
import type { EventLog } from './event-log.js';
import { select } from './select.js';

/**
 * The session's `search_path` puts other functions or operators before PostgreSQL's own, so statements would call
 * those.
 */
export class SearchPathError extends MaestroError {
  readonly code = 'MAESTRO_SEARCH_PATH' satisfies ErrorCode;
}

/** Largest number of objects that a message names. */
const NAMED = 5;

/**
 * Throws {@link SearchPathError} when the session would call other functions or operators than PostgreSQL's own, so
 * that no answer could be trusted. Sends one statement where `pg_catalog` comes first, as it nearly always does.
 */
export async function assertSafeSearchPath(log: EventLog): Promise<void> {
  const [[text] = ['[]']] = await select<[string]>(
    log,
    'SELECT pg_catalog.to_json(pg_catalog.current_schemas(true))::pg_catalog.text',
  );
  const schemas = JSON.parse(text) as string[];
  const ahead = schemas.slice(0, schemas.indexOf('pg_catalog')).filter((name) => !name.startsWith('pg_temp_'));
  if (ahead.length === 0) return;
  const found = await driverOf(log.knex).transaction(async (transaction) => {
    await execute(transaction, 'SET LOCAL search_path = pg_catalog');
    return await shadowedNames(ahead, (sql, bindings) => query<[string]>(transaction, sql, bindings));
  });
  if (found.length > 0)
    throw new SearchPathError(`The search_path puts ${shadowingText(ahead, found)} before PostgreSQL's own.`, {
      hint: `Nothing was done. ${SEARCH_PATH_REMEDY}`,
    });
}

/** The remedy for a search path that shadows PostgreSQL's own objects. */
export const SEARCH_PATH_REMEDY =
  'Leave pg_catalog out of the search_path (ALTER ROLE … SET search_path, ALTER DATABASE … SET search_path, options=-csearch_path=…): then it comes first.';

/** The shadowing objects and their schemas, in words. */
export function shadowingText(schemas: readonly string[], found: readonly string[]): string {
  const names = found.slice(0, NAMED).join(', ');
  return `${names}${found.length > NAMED ? `, and ${found.length - NAMED} more` : ''} of ${schemas.join(', ')}`;
}

/**
 * The functions, operators, tables and types of schemas that shadow PostgreSQL's own when the schemas are searched
 * first, in order.
 */
export async function shadowedNames(
  schemas: readonly string[],
  ask: (sql: string, bindings: string[]) => Promise<[string][]>,
): Promise<string[]> {
  return (await ask(HIDDEN, [JSON.stringify(schemas)])).map(([name]) => name);
}

const HIDDEN = `WITH ahead AS (SELECT oid FROM pg_namespace WHERE nspname IN (SELECT json_array_elements_text(?::json)))
SELECT format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) FROM pg_proc AS p JOIN ahead ON ahead.oid = p.pronamespace
JOIN pg_proc AS own ON own.pronamespace = 'pg_catalog'::regnamespace AND own.proname = p.proname AND own.proargtypes = p.proargtypes
UNION SELECT format('operator %s (%s, %s)', o.oprname, o.oprleft::regtype, o.oprright::regtype)
FROM pg_operator AS o JOIN ahead ON ahead.oid = o.oprnamespace
JOIN pg_operator AS own ON own.oprnamespace = 'pg_catalog'::regnamespace
AND own.oprname = o.oprname AND own.oprleft = o.oprleft AND own.oprright = o.oprright
UNION SELECT c.relname FROM pg_class AS c JOIN ahead ON ahead.oid = c.relnamespace
JOIN pg_class AS own ON own.relnamespace = 'pg_catalog'::regnamespace AND own.relname = c.relname
UNION SELECT format('type %s', t.typname) FROM pg_type AS t JOIN ahead ON ahead.oid = t.typnamespace
JOIN pg_type AS own ON own.typnamespace = 'pg_catalog'::regnamespace AND own.typname = t.typname WHERE t.typrelid = 0
ORDER BY 1`;
