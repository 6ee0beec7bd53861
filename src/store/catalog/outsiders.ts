import { type Executor, query } from '../read/rows.js';
import { catalogNumbers, type CatalogObject, MEMBERS } from './schema-objects.js';

/**
 * Objects that depend on some, and are no part of them: views, foreign keys of other tables, functions. They would be lost
 * if these were dropped.
 */
export async function outsiders(on: Executor, own: readonly CatalogObject[]): Promise<string[]> {
  const others = await query<[string]>(on, DEPENDANTS, [catalogNumbers(own)]);
  return [...new Set(others.map(([description]) => description))].toSorted();
}

/**
 * The condition, in SQL, that an object belongs to no shard of a Citus cluster, whose name is hidden in `pg_class`: what a shard has goes
 * where its table goes.
 */
const IS_OF_NO_SHARD = `(SELECT count(*) FROM (
  SELECT objid AS table WHERE classid = 'pg_class'::regclass
  UNION ALL SELECT tgrelid FROM pg_trigger WHERE classid = 'pg_trigger'::regclass AND oid = objid
  UNION ALL SELECT adrelid FROM pg_attrdef WHERE classid = 'pg_attrdef'::regclass AND oid = objid
  UNION ALL SELECT polrelid FROM pg_policy WHERE classid = 'pg_policy'::regclass AND oid = objid
  UNION ALL SELECT conrelid FROM pg_constraint WHERE classid = 'pg_constraint'::regclass AND oid = objid AND conrelid <> 0
) AS owner WHERE NOT EXISTS (SELECT FROM pg_class WHERE pg_class.oid = owner.table)) = 0`;

// A view depends on tables by its rule.
const DEPENDANTS = `WITH ${MEMBERS}, outside AS (
SELECT DISTINCT CASE WHEN rule.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END AS classid, coalesce(rule.ev_class, d.objid) AS objid,
  CASE WHEN rule.oid IS NULL THEN d.objsubid ELSE 0 END AS objsubid
FROM member JOIN pg_depend AS d ON d.refclassid = member.classid AND d.refobjid = member.objid
LEFT JOIN pg_rewrite AS rule ON d.classid = 'pg_rewrite'::regclass AND rule.oid = d.objid AND rule.rulename = '_RETURN'
)
SELECT object.type || ' ' || object.identity FROM outside, pg_identify_object(classid, objid, objsubid) AS object
WHERE NOT EXISTS (SELECT FROM member WHERE member.classid = outside.classid AND member.objid = outside.objid)
  AND ${IS_OF_NO_SHARD}`;
