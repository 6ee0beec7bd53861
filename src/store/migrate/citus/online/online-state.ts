import { type Executor, query, textArray } from '../../../read/rows.js';
import { qualified } from '../../../schema-name.js';
import { MIGRATIONS_TABLE, readMigrationState, type Shapes } from '../../migration-state.js';
import type { TableName } from '../../migration.js';
import { readDistribution } from '../distribution.js';

/** The catalog's state of tables that are spread while they are used. */
export interface OnlineState {
  readonly shapes: Shapes;
  /** True when the table of applied steps is there and Citus does not know it. */
  readonly isBookkeepingUnknown: boolean;
  /** The index that becomes the primary key of the log, while it is none. */
  readonly index: { readonly isValid: boolean; readonly isBuilding: boolean } | undefined;
  /** The name of the present primary key of the log, as it is written in SQL. */
  readonly keyName: string;
  /** Tables of read models that Citus does not know, as they are written in SQL. */
  readonly readModels: readonly string[];
  /** Bytes of the rows that each table has on the coordinator, outside of shards. */
  readonly bytes: ReadonlyMap<TableName, number>;
}

/** The name of that index, until it has that of the primary key. */
export const KEY_INDEX = 'event_log_place';

/** A build holds this lock on its table to the end. */
const INDEX = `SELECT indisvalid, EXISTS (SELECT FROM pg_locks WHERE relation = indrelid AND mode = 'ShareUpdateExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze))
FROM pg_index WHERE indexrelid = to_regclass(?)`;
const KEY = `SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype = 'p'`;
const SIZE = 'SELECT pg_relation_size(to_regclass(?))::text';

/** Reads the state of a schema on the coordinator. */
export async function readOnlineState(on: Executor, schema: string): Promise<OnlineState> {
  const { shapes, bookkeepingExists } = await readMigrationState(on, schema);
  const log = qualified(schema, 'event_log');
  const [index] = await query<[boolean, boolean]>(on, INDEX, [qualified(schema, KEY_INDEX)]);
  const [[keyName] = ['']] = await query<[string]>(on, KEY, [log]);
  const bytes = new Map<TableName, number>();
  for (const table of shapes.keys()) {
    const [[size] = ['0']] = await query<[string]>(on, SIZE, [qualified(schema, table)]);
    bytes.set(table, Number(size));
  }
  return {
    shapes,
    isBookkeepingUnknown:
      bookkeepingExists && (await readDistribution(on, qualified(schema, MIGRATIONS_TABLE))) === undefined,
    readModels: shapes.has('maestro_projections') ? await unknownReadModels(on, schema) : [],
    index: index && { isValid: index[0], isBuilding: index[1] },
    keyName,
    bytes,
  };
}

/** Two statements: what a cluster keeps on all nodes cannot be joined with the catalog. */
async function unknownReadModels(on: Executor, schema: string): Promise<string[]> {
  const all = await query<[string]>(
    on,
    `SELECT format('%I.%I', coalesce(build_schema, live_schema), made) FROM ${qualified(schema, 'maestro_projections')}, unnest(tables) AS made
WHERE coalesce(build_schema, live_schema) IS NOT NULL ORDER BY 1`,
  );
  const unknown = await query<[string]>(
    on,
    `SELECT name FROM unnest(?::text::text[]) AS name WHERE to_regclass(name) IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(name))`,
    [textArray(all.map(([name]) => name))],
  );
  return unknown.map(([name]) => name);
}
