import { type Executor, query } from '../read/rows.js';

/** The numbers of an object in the catalog. */
export interface CatalogObject {
  readonly classId: string;
  readonly objectId: string;
}

/** An object of a schema that is not part of another one: a table, a view, a function, a type and so on. */
export interface SchemaObject extends CatalogObject {
  /** The kind in PostgreSQL's words: `table`, `materialized view`, `function`, … */
  readonly kind: string;
  /** The name in SQL, without the schema; of a function with the types of its arguments. */
  readonly identity: string;
  /** Kind and name, as copies remember it. */
  readonly description: string;
  /** True for a sequence that goes where its table goes. */
  readonly isOwned: boolean;
  /** The name as it is, of a table or a view; else its SQL. */
  readonly name: string;
}

/** The name of an object in SQL, all mentions of a schema removed: what it is called wherever it lies. */
const withoutSchema = (identity: string, schema: string) => `replace(${identity}, quote_ident(${schema}) || '.', '')`;

/** Everything that lies in a schema, but what is part of something else: indexes, columns, types of rows. By kind and name. */
export async function objectsOf(on: Executor, schema: string): Promise<SchemaObject[]> {
  const rows = await query<readonly [string, string, boolean, string, string, string]>(on, OBJECTS, [schema, schema]);
  return rows.map(([kind, identity, isOwned, classId, objectId, name]) => ({
    kind,
    identity,
    description: `${kind} ${identity}`,
    isOwned,
    classId,
    objectId,
    name,
  }));
}

// Citus hides the shard of a table from whoever reads pg_class, since it goes where the table goes.
// A range comes with functions and a second type that cannot be told from others.
const OBJECTS = `SELECT CASE WHEN d.classid = 'pg_type'::regclass AND (SELECT typtype IN ('r', 'm') FROM pg_type WHERE oid = d.objid)
  THEN 'range type' ELSE object.type END, ${withoutSchema('object.identity', '?::text')},
EXISTS (SELECT FROM pg_depend AS owner WHERE object.type = 'sequence' AND owner.classid = d.classid AND owner.objid = d.objid
  AND owner.refclassid = 'pg_class'::regclass AND owner.refobjsubid > 0 AND owner.deptype IN ('a', 'i')),
d.classid::oid::text, d.objid::text, coalesce(object.name, object.identity)
FROM pg_depend AS d, pg_identify_object(d.classid, d.objid, d.objsubid) AS object
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = (SELECT oid FROM pg_namespace WHERE nspname = ?)
  AND (d.classid <> 'pg_class'::regclass OR EXISTS (SELECT FROM pg_class WHERE oid = d.objid))
ORDER BY object.type COLLATE "C", object.identity COLLATE "C"`;

/** Numbers of objects in the catalog, as JSON that the queries here take. */
export function catalogNumbers(objects: readonly CatalogObject[]): string {
  return JSON.stringify(objects.map(({ classId, objectId }) => [Number(classId), Number(objectId)]));
}

/**
 * The common table expression `member (classid, objid)`: objects, given as `catalogNumbers`, and all that is part of
 * them and goes when they go: indexes, constraints, triggers, policies, columns' defaults.
 */
export const MEMBERS = `RECURSIVE root AS (
SELECT (pair ->> 0)::oid AS classid, (pair ->> 1)::oid AS objid FROM json_array_elements(?::text::json) AS pair
), member AS (
SELECT classid, objid FROM root UNION
SELECT d.classid, d.objid FROM member JOIN pg_depend AS d ON d.refclassid = member.classid AND d.refobjid = member.objid
WHERE d.deptype IN ('a', 'i', 'P', 'S'))`;

/**
 * Describes objects of a schema and all that they consist of and people can make, such as indexes, columns, constraints and
 * triggers: kind and name, in which the schema is not mentioned. Tells what one `setUp` made from what was added later.
 */
export async function describeMembers(
  on: Executor,
  schema: string,
  objects: readonly SchemaObject[],
): Promise<string[]> {
  const rows = await query<[string]>(on, DESCRIBED_MEMBERS, [catalogNumbers(objects), schema, schema]);
  return rows.map(([description]) => description);
}

// Left out is what comes with a table, and is no object for anybody: types of its rows, TOAST, triggers of foreign keys,
// the rule of a view, and NOT NULL, which became a constraint in PostgreSQL 18 only.
const DESCRIBED_MEMBERS = `WITH ${MEMBERS}
SELECT object.type || ' ' || ${withoutSchema('object.identity', '?::text')} FROM member,
pg_identify_object(member.classid, member.objid, 0) AS object
WHERE NOT (member.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type AS t WHERE t.oid = member.objid
    AND (t.typelem <> 0 AND t.typcategory = 'A'
      OR t.typrelid <> 0 AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) <> 'c')))
  AND NOT (member.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = member.objid
    AND (c.relkind IN ('t', 'c') OR c.relnamespace = 'pg_toast'::regnamespace)))
  AND NOT (member.classid = 'pg_trigger'::regclass
    AND (SELECT tgisinternal OR tgparentid <> 0 FROM pg_trigger WHERE oid = member.objid))
  AND NOT (member.classid = 'pg_rewrite'::regclass AND (SELECT rulename = '_RETURN' FROM pg_rewrite WHERE oid = member.objid))
  AND NOT (member.classid = 'pg_constraint'::regclass AND (SELECT contype = 'n' FROM pg_constraint WHERE oid = member.objid))
  AND member.classid NOT IN ('pg_attrdef'::regclass, 'pg_cast'::regclass, 'pg_amop'::regclass, 'pg_amproc'::regclass)
UNION
SELECT 'column ' || ${withoutSchema("format('%s.%I', a.attrelid::regclass, a.attname)", '?::text')} FROM member
JOIN pg_class AS c ON member.classid = 'pg_class'::regclass AND c.oid = member.objid AND c.relkind IN ('r', 'p', 'f')
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1`;
