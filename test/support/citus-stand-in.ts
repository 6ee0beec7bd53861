import type { TestFn } from 'ava';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { aSchemaName, isOnCluster, type TestDatabase, testKnex, useOwnDatabase } from './database.js';

/** The catalog of Citus, as far as Maestro reads it. */
export const CATALOG = `SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass NOT NULL, partmethod "char" NOT NULL, partkey text,
  colocationid integer NOT NULL, repmodel "char" NOT NULL);
CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass NOT NULL, shardid bigint NOT NULL);
CREATE TABLE pg_catalog.pg_dist_node (nodeid integer, groupid integer, nodename text, nodeport integer, isactive boolean,
  shouldhaveshards boolean, noderole text);
INSERT INTO pg_catalog.pg_dist_node VALUES (1, 0, 'localhost', 5432, true, true, 'primary');
CREATE FUNCTION pg_catalog.citus_is_coordinator() RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION pg_catalog.citus_add_local_table_to_metadata(name regclass, cascade_via_foreign_keys boolean) RETURNS void LANGUAGE sql AS $$
  INSERT INTO pg_dist_partition VALUES (name, 'n', NULL, 0, 's') $$;
CREATE FUNCTION pg_catalog.get_shard_id_for_distribution_column(name regclass, value bytea) RETURNS bigint LANGUAGE sql AS $$
  SELECT abs(hashtext(encode(value, 'hex'))) % 4 + 1 $$;
CREATE TABLE pg_catalog.pg_dist_placement (shardid bigint NOT NULL, groupid integer NOT NULL);
INSERT INTO pg_catalog.pg_dist_placement SELECT n, 0 FROM generate_series(1, 4) AS n;
CREATE FUNCTION pg_catalog.shard_name(regclass, bigint) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1::text $$;
-- The table is its only shard.
CREATE FUNCTION pg_catalog.run_command_on_shards(of regclass, command text, OUT shardid bigint, OUT success boolean, OUT result text) RETURNS SETOF record
LANGUAGE plpgsql AS $$ BEGIN EXECUTE format(command, of) INTO result; shardid := 1; success := true; RETURN NEXT; END $$;
CREATE FUNCTION pg_catalog.run_command_on_all_nodes(command text, parallel boolean DEFAULT true,
  give_warning_for_connection_errors boolean DEFAULT false, OUT nodeid integer, OUT success boolean, OUT result text) RETURNS SETOF record LANGUAGE plpgsql AS $$ BEGIN
  FOR nodeid IN SELECT node.nodeid FROM pg_dist_node AS node LOOP
    success := true; EXECUTE command INTO result;
    result := jsonb_set(result::jsonb, '{walLevel}', to_jsonb(coalesce(current_setting('stand_in.wal_level', true), 'logical')))::text;
    RETURN NEXT;
  END LOOP;
END $$;
CREATE FUNCTION pg_catalog.column_to_column_name(regclass, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $2 $$;
RESET allow_system_table_mods`;

/** The places of all tables, as `migrate --citus` gives them. */
const PLACES = `INSERT INTO pg_dist_partition
SELECT c.oid::regclass, CASE WHEN c.relname ~ '_(projections|workers|moves|migrations)$' THEN 'n' ELSE 'h' END,
  CASE WHEN c.relname ~ '_(projections|workers|moves|migrations)$' THEN '' ELSE 'aggregate_id' END,
  CASE WHEN c.relname ~ '_(workers|moves|migrations)$' THEN 0 WHEN c.relname ~ '_projections$' THEN 8 ELSE 7 END,
  CASE WHEN c.relname ~ '_projections$' THEN 't' ELSE 's' END::"char"
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relkind = 'r' AND c.relname ~ '^(event_log|snapshots|maestro_)'`;

/** A stand-in for a Citus cluster. */
export interface CitusStandIn extends TestDatabase {
  /** Has the catalog say how the tables are spread, or that they are not. */
  spread(by: 'hash' | 'schema' | undefined): Promise<void>;
}

/**
 * A stand-in for a Citus cluster: a database of its own on one server, with the shape of tables that are spread by their aggregate id, and
 * a catalog that says that they are. So Maestro sends what it sends to a cluster.
 */
export function useCitusStandIn(test: TestFn<unknown>): CitusStandIn {
  const url = useOwnDatabase(test);
  const schema = aSchemaName();
  const knex = testKnex({ connection: url });
  const spread = async (by: 'hash' | 'schema' | undefined) => {
    await knex.raw('TRUNCATE pg_dist_partition, pg_dist_shard');
    const log = `"${schema}".event_log`;
    if (by === 'schema') await knex.raw("INSERT INTO pg_dist_partition VALUES (?::regclass, 'n', '', 7, 's')", [log]);
    if (by === 'hash') await knex.raw(PLACES, [schema]);
    const shards = by === 'hash' ? 4 : by === 'schema' ? 1 : 0;
    await knex.raw('INSERT INTO pg_dist_shard SELECT ?::regclass, n FROM generate_series(1, ?::integer) AS n', [
      log,
      shards,
    ]);
  };
  test.serial.before(async () => {
    await knex.raw(CATALOG);
    await migrate(knex, { schema });
    await knex.raw(`ALTER TABLE "${schema}".event_log DROP CONSTRAINT event_log_pkey,
  ADD PRIMARY KEY ("timestamp", aggregate_id)`);
    await spread('hash');
  });
  test.after.always(() => knex.destroy());
  return { schema, knex, url, store: () => new PostgresStore(knex, { schema }), spread };
}

/** A stand-in for a test file that goes through layouts, by its name among them; none on a cluster, where all layouts are in shards. */
export function standInAmongLayouts(test: TestFn<unknown>): Readonly<Record<string, TestDatabase>> {
  return isOnCluster() ? {} : { 'stand-in for a cluster': useCitusStandIn(test) };
}
