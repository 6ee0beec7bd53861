import { type Executor, query } from '../../store/read/rows.js';
import type { Copy } from '../copies/copy.js';
import { DependentObjectsError } from '../copies/errors.js';
import { catalogNumbers, describeMembers, MEMBERS, objectsOf, type SchemaObject } from '../copies/schema-objects.js';

/** The objects of a copy in the schema where it is in use. What was dropped since is none of it. */
export async function liveObjects(on: Executor, { liveSchema, objects }: Copy): Promise<SchemaObject[]> {
  if (liveSchema === undefined) return [];
  const known = new Set(objects);
  return (await objectsOf(on, liveSchema)).filter(({ description }) => known.has(description));
}

/**
 * Objects of others that depend on the tables of a live copy and would be lost with them, or would keep the old ones in use: views,
 * foreign keys, functions, publications, and what was added to the tables since `setUp`, such as indexes, columns, triggers
 * and policies. Kinds and names, none for a copy that nothing depends on. Functions whose bodies are texts depend on
 * names only, and are not found.
 */
export async function dependants(on: Executor, copy: Copy): Promise<string[]> {
  const { liveSchema, objects } = copy;
  const own = await liveObjects(on, copy);
  if (liveSchema === undefined || own.length === 0) return [];
  const known = new Set(objects);
  const added = (await describeMembers(on, liveSchema, own)).filter((description) => !known.has(description));
  return [...new Set([...added, ...(await outsiders(on, own))])].toSorted();
}

/**
 * Objects that depend on some, and are no part of them: views, foreign keys of other tables, functions. They would be lost
 * if these were dropped.
 */
export async function outsiders(on: Executor, own: readonly SchemaObject[]): Promise<string[]> {
  const others = await query<[string]>(on, DEPENDANTS, [catalogNumbers(own)]);
  return [...new Set(others.map(([description]) => description))].toSorted();
}

/** Throws {@link DependentObjectsError} when others depend on the tables of a live copy. */
export async function assertNoDependants(on: Executor, copy: Copy): Promise<void> {
  const found = await dependants(on, copy);
  if (found.length > 0) throw new DependentObjectsError(copy.name, found);
}

// A view depends on tables by its rule.
const DEPENDANTS = `WITH ${MEMBERS}, outside AS (
SELECT DISTINCT CASE WHEN rule.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END AS classid, coalesce(rule.ev_class, d.objid) AS objid,
  CASE WHEN rule.oid IS NULL THEN d.objsubid ELSE 0 END AS objsubid
FROM member JOIN pg_depend AS d ON d.refclassid = member.classid AND d.refobjid = member.objid
LEFT JOIN pg_rewrite AS rule ON d.classid = 'pg_rewrite'::regclass AND rule.oid = d.objid AND rule.rulename = '_RETURN'
)
SELECT object.type || ' ' || object.identity FROM outside, pg_identify_object(classid, objid, objsubid) AS object
WHERE NOT EXISTS (SELECT FROM member WHERE member.classid = outside.classid AND member.objid = outside.objid)`;
