import { type Executor, execute, query } from '../read/rows.js';

/**
 * Gives the tables, views and sequences of a schema what those of the same name in another one have: owner, rights on them
 * and on their columns, and whether row-level security is on. Other rights they lose: what ALTER DEFAULT PRIVILEGES gives to all
 * new tables may have been taken from these.
 */
export async function carryOverPrivileges(on: Executor, from: string, to: string): Promise<void> {
  await executeAll(on, CARRIED_OVER, [from, to]);
}

/** Lets those who may use a schema use another one. */
export async function carryOverUsage(on: Executor, from: string, to: string): Promise<void> {
  await executeAll(on, USAGE, [to, from]);
}

/**
 * Grants what ALTER DEFAULT PRIVILEGES promises to new tables, views and sequences of the live schema, to those in another one
 * that have no counterpart of the same name there: they are made elsewhere, and moved.
 */
export async function grantDefaults(on: Executor, liveSchema: string, at: string): Promise<void> {
  await executeAll(on, DEFAULTS, [at, liveSchema]);
}

/** Executes the statements that a query gives. */
async function executeAll(on: Executor, sql: string, bindings: readonly string[]): Promise<void> {
  for (const [statement] of await query<[string]>(on, sql, bindings)) await execute(on, statement);
}

const KIND = (relkind: string) => `CASE ${relkind} WHEN 'S' THEN 'SEQUENCE ' ELSE '' END`;
const GRANTEE = `CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END`;
const TO = `${GRANTEE} || CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`;

/** The condition that the old table or column, which has the rights `old`, has not a right of the new one as it is. */
const notAmong = (old: string) => `NOT EXISTS (SELECT FROM aclexplode(${old}) AS had WHERE had.grantee = acl.grantee
  AND had.privilege_type = acl.privilege_type AND had.is_grantable = acl.is_grantable)`;

const CARRIED_OVER = `WITH pair AS (
SELECT old.oid AS old, new.oid AS new, old.relowner, new.relowner AS new_owner, old.relacl, new.relacl AS new_acl, old.relkind,
  format('%I.%I', space.nspname, new.relname) AS name, old.relrowsecurity AND NOT new.relrowsecurity AS enable,
  old.relforcerowsecurity AND NOT new.relforcerowsecurity AS force, pg_get_userbyid(old.relowner) AS owner
FROM pg_class AS old JOIN pg_class AS new ON new.relname = old.relname
  AND (new.relkind = old.relkind OR (new.relkind IN ('r', 'p') AND old.relkind IN ('r', 'p')))
JOIN pg_namespace AS space ON space.oid = new.relnamespace
WHERE old.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?) AND space.nspname = ?
  AND old.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
), owned_sequence AS (
SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
  AND deptype IN ('a', 'i')
), columns AS (
SELECT name, relowner, new_owner, a.attname, a.attacl, b.attacl AS new_acl
FROM pair JOIN pg_attribute AS a ON a.attrelid = pair.old AND NOT a.attisdropped
JOIN pg_attribute AS b ON b.attrelid = pair.new AND b.attname = a.attname AND NOT b.attisdropped
)
SELECT format('ALTER %s %s OWNER TO %I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, name, owner), 1 AS place FROM pair
WHERE relowner <> new_owner AND NOT (relkind = 'S' AND new IN (SELECT objid FROM owned_sequence))
UNION ALL SELECT format('REVOKE %s ON %s%s FROM %s', acl.privilege_type, ${KIND('relkind')}, name, ${GRANTEE}), 2
FROM pair, aclexplode(new_acl) AS acl WHERE acl.grantee NOT IN (relowner, new_owner) AND ${notAmong('relacl')}
UNION ALL SELECT format('REVOKE %s (%I) ON %s FROM %s', acl.privilege_type, attname, name, ${GRANTEE}), 2
FROM columns, aclexplode(new_acl) AS acl WHERE acl.grantee NOT IN (relowner, new_owner) AND ${notAmong('attacl')}
UNION ALL SELECT format('GRANT %s ON %s%s TO %s', acl.privilege_type, ${KIND('relkind')}, name, ${TO}), 3
FROM pair, aclexplode(relacl) AS acl WHERE acl.grantee <> relowner
UNION ALL SELECT format('GRANT %s (%I) ON %s TO %s', acl.privilege_type, attname, name, ${TO}), 3
FROM columns, aclexplode(attacl) AS acl
UNION ALL SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name), 4 FROM pair WHERE enable
UNION ALL SELECT format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name), 4 FROM pair WHERE force
ORDER BY place`;

const USAGE = `SELECT format('GRANT USAGE ON SCHEMA %I TO %s', ?::text, ${TO})
FROM pg_namespace, aclexplode(nspacl) AS acl
WHERE nspname = ? AND acl.privilege_type = 'USAGE' AND acl.grantee <> nspowner`;

const DEFAULTS = `SELECT format('GRANT %s ON %s%I.%I TO %s', acl.privilege_type, ${KIND('made.relkind')}, space.nspname, made.relname, ${TO})
FROM pg_class AS made JOIN pg_namespace AS space ON space.oid = made.relnamespace AND space.nspname = ?
JOIN pg_namespace AS live ON live.nspname = ?
JOIN pg_default_acl AS d ON d.defaclnamespace = live.oid AND d.defaclrole = made.relowner
  AND d.defaclobjtype = CASE made.relkind WHEN 'S' THEN 'S'::"char" ELSE 'r'::"char" END,
aclexplode(d.defaclacl) AS acl
WHERE made.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND acl.grantee <> made.relowner
  AND NOT EXISTS (SELECT FROM pg_class AS old WHERE old.relnamespace = live.oid AND old.relname = made.relname)`;
