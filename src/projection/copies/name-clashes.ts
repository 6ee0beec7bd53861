import { type Executor, query } from '../../store/read/rows.js';
import { ReadModelSetUpError } from './errors.js';

/**
 * Throws {@link ReadModelSetUpError} when something in the live schema has the name of something in a build schema, and is
 * none of the objects that will make room for it.
 */
export async function assertNamesAreFree(
  on: Executor,
  projection: string,
  buildSchema: string,
  liveSchema: string,
  replaced: readonly string[] = [],
): Promise<void> {
  const made = new Map(await namesIn(on, buildSchema));
  const taken = (await namesIn(on, liveSchema)).filter(
    ([name, description]) => made.has(name) && !replaced.includes(description),
  );
  if (taken.length === 0) return;
  const names = taken.map(([, description]) => description.replace(/ /, ` ${liveSchema}.`));
  throw new ReadModelSetUpError(
    projection,
    `${names.join(', ')} exists already, and this projection did not make it.`,
    'Give the tables of the projection names that are free; or, if what is there is an older read model that this one replaces, drop or rename it first.',
  );
}

/** The key that no two objects of a schema share, and the description, of each relation, type and function of a schema. */
async function namesIn(on: Executor, schema: string): Promise<[key: string, description: string][]> {
  return await query<[string, string]>(on, NAMES, [schema, schema, schema, schema, schema]);
}

const SPACE = '(SELECT oid FROM pg_namespace WHERE nspname = ?)';
const NAMES = `SELECT catalog || ' ' || coalesce(named.name, replace(object.identity, quote_ident(?::text) || '.', '')),
object.type || ' ' || replace(object.identity, quote_ident(?::text) || '.', '')
FROM (
SELECT 'relation' AS catalog, relname::text AS name, tableoid, oid FROM pg_class
  WHERE relnamespace = ${SPACE} AND relkind <> 'c'
UNION ALL SELECT 'type', typname::text, tableoid, oid FROM pg_type
  WHERE typnamespace = ${SPACE} AND typcategory <> 'A' AND (typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')
UNION ALL SELECT 'function', NULL, tableoid, oid FROM pg_proc WHERE pronamespace = ${SPACE}
) AS named, pg_identify_object(named.tableoid, named.oid, 0) AS object`;
