import { carryOverPrivileges, grantDefaults } from '../../catalog/privileges.js';
import { type Executor, execute, query } from '../../read/rows.js';
import type { Places } from './places.js';

/**
 * Gives the tables in the new layout what the log in use has: owner, rights, row-level security with its policies, comments, statistics
 * targets and settings of storage. Partitions get the rights that a migration would give them. May be called again, after any of
 * it has changed.
 */
export async function carryOver(on: Executor, { schema, work, log, copy }: Places): Promise<void> {
  await grantDefaults(on, schema, work);
  await carryOverPrivileges(on, schema, work);
  for (const sql of [OWNERS, POLICIES, COLUMNS, SETTINGS, COMMENTS])
    for (const [statement] of await query<[string]>(on, sql, [log, copy])) await execute(on, statement);
}

const TABLES = `pair AS (SELECT old.oid AS old, old.relowner, new.oid AS new, new.oid::regclass AS name
  FROM pg_class AS old, pg_class AS new WHERE old.oid = to_regclass(?) AND new.oid = to_regclass(?)),
part AS (SELECT c.oid, c.oid::regclass AS name, c.relowner, c.reloptions FROM pair
  JOIN pg_class AS c ON c.oid = pair.new OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = pair.new AND inhrelid = c.oid)),
old_part AS (SELECT c.oid, c.reloptions, c.relkind FROM pair
  JOIN pg_class AS c ON c.oid = pair.old OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = pair.old AND inhrelid = c.oid))`;

const OWNERS = `WITH ${TABLES} SELECT format('ALTER TABLE %s OWNER TO %I', part.name, pg_get_userbyid(pair.relowner))
FROM pair, part WHERE part.relowner <> pair.relowner`;

/** Whoever may name a partition would otherwise see there what the policies of the log hide. */
const POLICIES = `WITH ${TABLES}
SELECT format('DROP POLICY %I ON %s', polname, name), 1 AS place FROM pair JOIN pg_policy ON polrelid = pair.new
UNION ALL SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname, name, CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ') FROM unnest(polroles) AS role))
  || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '') || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', ''), 2
FROM pair JOIN pg_policy ON polrelid = pair.old
UNION ALL SELECT format('ALTER TABLE %s %s ROW LEVEL SECURITY', name, word), 3
FROM pair JOIN pg_class AS old ON old.oid = pair.old JOIN pg_class AS new ON new.oid = pair.new,
LATERAL (VALUES (CASE WHEN old.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END, old.relrowsecurity <> new.relrowsecurity),
  (CASE WHEN old.relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END, old.relforcerowsecurity <> new.relforcerowsecurity)) AS change (word, wanted)
WHERE wanted
UNION ALL SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part.name), 3 FROM pair JOIN pg_class AS old ON old.oid = pair.old, part JOIN pg_class AS c USING (oid)
WHERE part.oid <> pair.new AND old.relrowsecurity AND NOT c.relrowsecurity ORDER BY 2`;

const COLUMNS = `WITH ${TABLES}, columns AS (SELECT part.name, old.attname, old.attoptions, coalesce(old.attstattarget, -1) AS target,
    new.attoptions AS new_options, coalesce(new.attstattarget, -1) AS new_target
  FROM pair, part JOIN pg_attribute AS new ON new.attrelid = part.oid AND new.attnum > 0 AND NOT new.attisdropped, pg_attribute AS old
  WHERE old.attrelid = pair.old AND old.attname = new.attname)
SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS %s', name, attname, target) FROM columns WHERE target <> new_target
UNION ALL SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET (%s)', name, attname, array_to_string(attoptions, ', ')) FROM columns
WHERE attoptions IS NOT NULL AND attoptions IS DISTINCT FROM new_options`;

/** Settings are those of tables that hold rows: of the partitions, which all have the same, or of the log. */
const SETTINGS = `WITH ${TABLES}
SELECT format('ALTER TABLE %s SET (%s)', part.name, array_to_string(old.reloptions, ', '))
FROM part JOIN pg_class AS c USING (oid), (SELECT min(reloptions) AS reloptions FROM old_part WHERE relkind = 'r') AS old
WHERE c.relkind = 'r' AND old.reloptions IS NOT NULL AND old.reloptions IS DISTINCT FROM part.reloptions`;

const COMMENTS = `WITH ${TABLES}
SELECT format('COMMENT ON TABLE %s IS %L', name, description) FROM pair JOIN pg_description ON classoid = 'pg_class'::regclass AND objoid = pair.old AND objsubid = 0
UNION ALL SELECT format('COMMENT ON COLUMN %s.%I IS %L', name, attname, description) FROM pair
JOIN pg_description ON classoid = 'pg_class'::regclass AND objoid = pair.old AND objsubid > 0 JOIN pg_attribute ON attrelid = pair.old AND attnum = objsubid
UNION ALL SELECT format('COMMENT ON CONSTRAINT %I ON %s IS %L', c.conname, name, description) FROM pair JOIN pg_constraint AS c ON c.conrelid = pair.old
JOIN pg_description ON classoid = 'pg_constraint'::regclass AND objoid = c.oid JOIN pg_constraint AS own ON own.conrelid = pair.new AND own.conname = c.conname
UNION ALL SELECT format('COMMENT ON INDEX %I.%I IS %L', space.nspname, x.relname, description) FROM pair JOIN pg_index AS i ON i.indrelid = pair.old
JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_description ON classoid = 'pg_class'::regclass AND objoid = x.oid AND objsubid = 0
JOIN pg_class AS new ON new.oid = pair.new JOIN pg_namespace AS space ON space.oid = new.relnamespace
JOIN pg_class AS own ON own.relname = x.relname AND own.relnamespace = new.relnamespace`;
