import { outsiders } from '../../catalog/outsiders.js';
import type { Layout } from '../../layout/layout.js';
import { type Executor, query } from '../../read/rows.js';
import { TRIGGER_NAMES } from './notes.js';
import type { Places } from './places.js';

/**
 * Whatever a change of the layout could not carry over to other tables, or what would be lost with the old ones, each by its name: views,
 * foreign keys, triggers, rules, publications, unique indexes and constraints of others, and partitions that are unlike. Empty when
 * nothing is in the way.
 */
export async function refusals(on: Executor, places: Places, target: Layout): Promise<string[]> {
  const { schema, log } = places;
  const names = Array.from({ length: target.parts }, (_, number) => `event_log_${number}`);
  const found = await query<[string]>(on, FOUND, [log, JSON.stringify(target.parts > 1 ? names : []), schema]);
  const own = await query<[string, string]>(
    on,
    `WITH ${TABLES} SELECT 'pg_class'::regclass::oid::text, oid::text FROM tables`,
    [log],
  );
  const others = await outsiders(
    on,
    own.map(([classId, objectId]) => ({ classId, objectId })),
  );
  return [...found.map(([text]) => text), ...others.map((text) => `${text} depends on the event log`)];
}

/** The log and its partitions; binds the name of the log. */
const TABLES = `tables AS (SELECT c.oid, c.relname, c.relnamespace, c.reltablespace, c.relpersistence, c.relreplident, c.relam, c.reloptions, c.reltoastrelid, c.relispartition,
    c.relkind, c.oid = log.oid AS is_log, log.oid AS log
  FROM (SELECT to_regclass(?)::oid AS oid) AS log
  JOIN pg_class AS c ON c.oid = log.oid OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = log.oid AND inhrelid = c.oid))`;

/** Indexes of the layout itself: the primary key, the unique one on aggregate and sequence, and those on the timestamps of partitions. */
const INDEXES = `indexes AS (SELECT t.*, i.indexrelid, x.relname AS index, i.indisunique, i.indisvalid, i.indisclustered, i.indisreplident, x.reloptions AS storage, x.reltablespace AS space,
    i.indisprimary OR (i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts AND
      (SELECT string_agg(a.attname, ',' ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_attribute AS a
        WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])) IN ('aggregate_id,sequence', CASE WHEN is_log THEN '' ELSE 'timestamp' END)) AS is_of_layout,
    EXISTS (SELECT FROM pg_inherits WHERE inhrelid = i.indexrelid) AS is_part
  FROM tables AS t JOIN pg_index AS i ON i.indrelid = t.oid JOIN pg_class AS x ON x.oid = i.indexrelid)`;

const FOUND = `WITH ${TABLES}, ${INDEXES}, named AS (SELECT json_array_elements_text(?::text::json) AS name)
SELECT format('trigger %s on %s', tgname, tables.relname) FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal
  AND tgparentid = 0 AND tgname NOT IN (${TRIGGER_NAMES})
UNION ALL SELECT format('rule %s on %s', rulename, relname) FROM tables JOIN pg_rewrite ON ev_class = tables.oid
UNION ALL SELECT format('%s %s on %s', CASE contype WHEN 'f' THEN 'foreign key' WHEN 'x' THEN 'exclusion constraint' ELSE 'unique constraint' END, conname, relname)
  FROM tables JOIN pg_constraint ON conrelid = tables.oid
  WHERE conparentid = 0 AND (contype IN ('f', 'x') OR contype = 'u' AND NOT EXISTS (SELECT FROM indexes WHERE indexrelid = conindid AND is_of_layout))
UNION ALL SELECT format('check constraint %s, which the partition %s alone has', conname, relname) FROM tables
  JOIN pg_constraint ON conrelid = tables.oid AND contype = 'c' AND NOT is_log AND conislocal AND coninhcount = 0
UNION ALL SELECT format('check constraint %s on %s, which %s', conname, relname, CASE WHEN connoinherit THEN 'is not for partitions' ELSE 'has not been validated' END)
  FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype = 'c' AND (connoinherit OR NOT convalidated)
UNION ALL SELECT format('unique index %s on %s', index, relname) FROM indexes WHERE indisunique AND NOT is_of_layout AND NOT is_part
UNION ALL SELECT format('index %s, which the partition %s alone has', index, relname) FROM indexes WHERE NOT indisunique AND NOT is_log AND NOT is_part
UNION ALL SELECT format('index %s, which is not valid', index) FROM indexes WHERE NOT indisvalid AND is_log
UNION ALL SELECT format('settings of the index %s (%s)', index, array_to_string(storage, ', ')) FROM indexes WHERE is_of_layout AND storage IS NOT NULL
UNION ALL SELECT format('the mark of CLUSTER on the index %s', index) FROM indexes WHERE indisclustered
UNION ALL SELECT format('the tablespace of %s', relname) FROM tables WHERE reltablespace <> 0
UNION ALL SELECT format('the tablespace of the index %s', index) FROM indexes WHERE space <> 0 AND reltablespace = 0
UNION ALL SELECT format('%s, which is not logged', relname) FROM tables WHERE relpersistence <> 'p'
UNION ALL SELECT format('the access method of %s', relname) FROM tables JOIN pg_am ON pg_am.oid = relam AND amname <> 'heap'
UNION ALL SELECT format('the replica identity of %s', relname) FROM tables WHERE relreplident <> 'd'
UNION ALL SELECT format('the settings of %s, which its partitions do not share', relname) FROM tables WHERE NOT is_log
  AND reloptions IS DISTINCT FROM (SELECT min(reloptions) FROM tables WHERE NOT is_log)
UNION ALL SELECT format('settings for large values of %s', tables.relname) FROM tables JOIN pg_class AS toast ON toast.oid = tables.reltoastrelid AND toast.reloptions IS NOT NULL
UNION ALL SELECT format('event_log, which is a part of another table') FROM tables WHERE is_log AND relispartition
UNION ALL SELECT format('%s, which is a foreign table', relname) FROM tables WHERE relkind = 'f'
UNION ALL SELECT format('%s, which is partitioned itself', relname) FROM tables WHERE relkind = 'p' AND NOT is_log
UNION ALL SELECT format('the default of %s.%s', relname, attname) FROM tables JOIN pg_attrdef ON adrelid = tables.oid JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
UNION ALL SELECT format('statistics object %s', stxname) FROM tables JOIN pg_statistic_ext ON stxrelid = tables.oid
UNION ALL SELECT format('policy %s, which the partition %s alone has', polname, relname) FROM tables JOIN pg_policy ON polrelid = tables.oid WHERE NOT is_log
UNION ALL SELECT format('a security label of %s', relname) FROM tables WHERE EXISTS (SELECT FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = tables.oid)
UNION ALL SELECT format('the subscription that fills %s', relname) FROM tables JOIN pg_subscription_rel ON srrelid = tables.oid
UNION ALL SELECT DISTINCT format('publication %s', pubname) FROM tables JOIN pg_namespace AS n ON n.oid = relnamespace
  JOIN pg_publication_tables AS p ON p.schemaname = n.nspname AND p.tablename = relname
UNION ALL SELECT format('%s, which has the name of a partition to be', c.relname) FROM named JOIN pg_class AS c ON c.relname = named.name
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?) AND c.oid NOT IN (SELECT oid FROM tables)
ORDER BY 1`;

/** The rights that this role lacks for a change of the layout, each in a sentence without an end; empty when it has all. */
export async function lackingRights(on: Executor, { schema, log }: Places): Promise<string[]> {
  const rows = await query<[string]>(on, RIGHTS, [log, schema]);
  return rows.map(([text]) => text);
}

const RIGHTS = `WITH ${TABLES}
SELECT format('%s needs CREATE on the database', quote_ident(current_user)) WHERE NOT has_database_privilege(current_database(), 'CREATE')
UNION ALL SELECT format('%s needs CREATE on the schema', quote_ident(current_user)) FROM pg_namespace WHERE nspname = ? AND NOT has_schema_privilege(oid, 'CREATE')
UNION ALL SELECT format('%s is not a member of the owner of %s', quote_ident(current_user), c.relname) FROM tables JOIN pg_class AS c USING (oid)
  WHERE NOT pg_has_role(c.relowner, 'USAGE')
UNION ALL SELECT format('row-level security holds for %s on %s', quote_ident(current_user), relname) FROM tables WHERE row_security_active(oid)
ORDER BY 1`;
