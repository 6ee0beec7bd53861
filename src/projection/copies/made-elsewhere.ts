import { type Executor, query } from '../../store/read/rows.js';

/** The numbers of all objects in the catalog that people made, before something makes more. */
export async function catalogSnapshot(on: Executor): Promise<ReadonlySet<string>> {
  const rows = await query<[string]>(on, `SELECT catalog || oid::text FROM (${ALL}) AS made`);
  return new Set(rows.map(([number]) => number));
}

/**
 * The objects that this transaction has made since, outside of a schema: their kinds and names. What other transactions
 * make meanwhile is none of them.
 */
export async function madeElsewhere(
  transaction: Executor,
  before: ReadonlySet<string>,
  schema: string,
): Promise<string[]> {
  const rows = await query<[string, string]>(transaction, MADE_ELSEWHERE, [schema, schema]);
  return rows.flatMap(([number, description]) => (before.has(number) ? [] : [description]));
}

// Numbers below 16384 are PostgreSQL's own. The types of rows and the indexes of TOAST say nothing that the tables do not.
const ALL = `SELECT 'c' AS catalog, tableoid, oid, xmin, relnamespace AS namespace FROM pg_class
  WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace AND relkind <> 'c'
UNION ALL SELECT 'f', tableoid, oid, xmin, pronamespace FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT 't', tableoid, oid, xmin, typnamespace FROM pg_type
  WHERE oid >= 16384 AND typcategory <> 'A' AND (typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')
UNION ALL SELECT 'n', tableoid, oid, xmin, oid FROM pg_namespace
  WHERE oid >= 16384 AND nspname !~ '^pg_(temp|toast_temp)_'
UNION ALL SELECT 'e', tableoid, oid, xmin, extnamespace FROM pg_extension WHERE oid >= 16384
UNION ALL SELECT 'r', g.tableoid, g.oid, g.xmin, relnamespace FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = tgrelid
  WHERE g.oid >= 16384 AND NOT tgisinternal
UNION ALL SELECT 'k', k.tableoid, k.oid, k.xmin, connamespace FROM pg_constraint AS k WHERE k.oid >= 16384 AND contype <> 'n'`;

// A row of this transaction or of a savepoint of it has a number that is not older than the transaction's, and is not
// known to have been committed, though it is visible.
const MADE_ELSEWHERE = `SELECT catalog || made.oid::text, object.type || ' ' || object.identity
FROM (SELECT * FROM (${ALL}) AS a WHERE age(xmin) <= 0) AS made, pg_identify_object(made.tableoid, made.oid, 0) AS object
WHERE made.namespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname = ?)
  AND pg_xact_status((pg_current_xact_id()::text::bigint - age(xmin))::text::xid8) = 'in progress'
  AND NOT (catalog = 'n' AND object.name = ?)
ORDER BY 2`;
