import type { TestFn } from 'ava';
import type { Knex } from 'knex';
import { CATALOG } from './citus-stand-in.js';
import { aSchemaName, testKnex, useOwnDatabase } from './database.js';

/**
 * The functions of Citus that give tables their places, as far as the catalog shows it: rows that go into shards are kept in a table beside.
 * They refuse what Citus refuses.
 */
const FUNCTIONS = `SET allow_system_table_mods = on;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) VALUES (99999, 'citus', 10, 11, false, '13.2-1');
UPDATE pg_dist_node SET nodename = '10.0.0.1';
CREATE SEQUENCE pg_catalog.stand_in_colocations;
CREATE FUNCTION pg_catalog.stand_in_place(name regclass, method "char", colocation integer, replication "char", shards integer) RETURNS void
LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = name AND (partmethod = 'h' OR repmodel = 't')) THEN
    RAISE 'table % is already distributed', name USING ERRCODE = '42P16';
  END IF;
  DELETE FROM pg_dist_partition WHERE logicalrelid = name;
  DELETE FROM pg_dist_shard WHERE logicalrelid = name;
  INSERT INTO pg_dist_partition VALUES (name, method, CASE WHEN method = 'h' THEN 'aggregate_id' END, colocation, replication);
  INSERT INTO pg_dist_shard SELECT name, n FROM generate_series(1, shards) AS n;
END $$;
CREATE FUNCTION pg_catalog.create_distributed_table(name regclass, by text, colocate_with text DEFAULT 'default', shard_count integer DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$ DECLARE other pg_dist_partition; BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indrelid = name AND indisprimary
      AND (SELECT attnum FROM pg_attribute WHERE attrelid = name AND attname = by) = ANY (indkey::int2[])) THEN
    RAISE 'cannot create constraint on %', name USING ERRCODE = '42P16';
  END IF;
  EXECUTE format('CREATE TABLE IF NOT EXISTS %s_in_shards AS SELECT * FROM %s', name, name);
  IF colocate_with = 'none' THEN
    PERFORM stand_in_place(name, 'h', nextval('stand_in_colocations')::integer, 's', shard_count);
  ELSE
    SELECT * INTO STRICT other FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h';
    PERFORM stand_in_place(name, 'h', other.colocationid, 's', (SELECT count(*)::integer FROM pg_dist_shard WHERE logicalrelid = other.logicalrelid));
  END IF;
END $$;
CREATE FUNCTION pg_catalog.create_distributed_table_concurrently(name regclass, by text, colocate_with text DEFAULT 'default', shard_count integer DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM create_distributed_table(name, by, colocate_with, shard_count);
  PERFORM truncate_local_data_after_distributing_table(name);
END $$;
CREATE FUNCTION pg_catalog.create_reference_table(name regclass) RETURNS void LANGUAGE sql AS $$ SELECT stand_in_place(name, 'n', 1, 't', 1) $$;
CREATE FUNCTION pg_catalog.citus_add_local_table_to_metadata(name regclass) RETURNS void LANGUAGE sql AS $$ SELECT stand_in_place(name, 'n', 0, 's', 1) $$;
CREATE FUNCTION pg_catalog.truncate_local_data_after_distributing_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('TRUNCATE %s', name);
END $$;
RESET allow_system_table_mods`;

/** A stand-in for the coordinator of a Citus cluster, on which tables are given their places; and names for schemas there. */
export function useCitusFunctions(test: TestFn<unknown>): {
  readonly knex: Knex;
  readonly url: string;
  readonly aSchema: () => string;
} {
  const url = useOwnDatabase(test);
  const knex = testKnex({ connection: url });
  test.serial.before(async () => {
    for (const script of [CATALOG, FUNCTIONS]) await knex.raw(script.replaceAll('?', '\\?'));
  });
  test.after.always(() => knex.destroy());
  return { knex, url, aSchema: aSchemaName };
}
