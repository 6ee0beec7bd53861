import test from 'ava';
import type { Distribution } from '../../../../src/store/migrate/citus/distribution.js';
import { onlineSteps } from '../../../../src/store/migrate/citus/online/online-plan.js';
import type { OnlineState } from '../../../../src/store/migrate/citus/online/online-state.js';
import { migrations } from '../../../../migrations/index.js';
import type { TableName } from '../../../../src/store/migrate/migration.js';
import type { TableShape } from '../../../../src/store/migrate/table-shape.js';

const SHARDS: Distribution = { method: 'hash', column: 'aggregate_id', colocation: 7, shards: 4 };
const LOCAL: Distribution = { method: 'local', column: '', colocation: 0, shards: 1 };
const EVERYWHERE: Distribution = { method: 'reference', column: '', colocation: 1, shards: 1 };
const NEW_KEY = 'timestamp,aggregate_id';

/** The facts of the catalog, as far as a test gives them: else those of the plain tables. */
interface Found extends Partial<Omit<OnlineState, 'shapes' | 'bytes'>> {
  readonly key?: string;
  readonly places?: Partial<Record<TableName, Distribution>>;
  readonly bytes?: Partial<Record<TableName, number>>;
  readonly tables?: readonly TableName[];
}

const ALL = migrations.flatMap(({ tables }) => tables);

function stepsFrom({ key = 'timestamp', places = {}, bytes = {}, tables = ALL, ...found }: Found): string[] {
  const shape = (table: TableName): TableShape => ({
    kind: 'table',
    columns: [],
    primaryKey: table === 'event_log' ? key : '',
    uniqueKeys: [],
    checks: [],
    partitionKey: '',
    partitions: [],
    coverage: 0,
    distribution: places[table],
  });
  const state: OnlineState = {
    shapes: new Map(tables.map((table) => [table, shape(table)])),
    isBookkeepingUnknown: false,
    index: undefined,
    readModels: [],
    keyName: 'event_log_pkey',
    bytes: new Map(Object.entries(bytes) as [TableName, number][]),
    ...found,
  };
  return onlineSteps(state, 'app', 4).map(
    ({ sql, lock }) => sql.replaceAll('"app".', '').replaceAll('"', '') + (lock === undefined ? '' : ' | locked'),
  );
}

const BUILD = 'CREATE UNIQUE INDEX CONCURRENTLY event_log_place ON event_log (timestamp, aggregate_id)';
const KEY =
  'ALTER TABLE event_log DROP CONSTRAINT event_log_pkey, ADD CONSTRAINT event_log_pkey PRIMARY KEY USING INDEX event_log_place | locked';
const SNAPSHOTS =
  "SELECT create_distributed_table('snapshots', 'aggregate_id', colocate_with => 'none', shard_count => 4) | locked";
const beside = (table: string, first: string) =>
  `SELECT create_distributed_table('${table}', 'aggregate_id', colocate_with => '${first}') | locked`;
const LOG = "SELECT create_distributed_table_concurrently('event_log', 'aggregate_id', colocate_with => 'snapshots')";
const PROJECTIONS = [
  "SELECT create_reference_table('maestro_projections') | locked",
  ...['maestro_positions', 'maestro_parked', 'maestro_skipped'].map((table) => beside(table, 'snapshots')),
  "SELECT citus_add_local_table_to_metadata('maestro_workers') | locked",
  beside('maestro_leases', 'snapshots'),
  "SELECT citus_add_local_table_to_metadata('maestro_moves') | locked",
];
const MIGRATIONS = "SELECT citus_add_local_table_to_metadata('maestro_migrations') | locked";

const SMALL_ONES = { snapshots: SHARDS, maestro_commands: SHARDS };
const DONE = Object.fromEntries(
  ALL.map((table) => [
    table,
    table === 'maestro_projections'
      ? EVERYWHERE
      : ['maestro_workers', 'maestro_moves'].includes(table)
        ? LOCAL
        : SHARDS,
  ]),
);

const CASES: readonly [what: string, found: Found, steps: readonly string[]][] = [
  [
    'plain tables: what commits write to beside the log, then the log, then what projections have',
    { isBookkeepingUnknown: true },
    [BUILD, KEY, SNAPSHOTS, beside('maestro_commands', 'snapshots'), LOG, ...PROJECTIONS, MIGRATIONS],
  ],
  [
    'tables of Elixir Maestro alone, whose key has another name',
    { tables: ['event_log', 'snapshots'], keyName: 'pk' },
    [BUILD, KEY.replace('event_log_pkey', 'pk'), SNAPSHOTS, LOG],
  ],
  [
    'an index that was left half built',
    { index: { isValid: false, isBuilding: false }, tables: ['event_log'], places: { event_log: SHARDS } },
    ['DROP INDEX CONCURRENTLY event_log_place', BUILD, KEY],
  ],
  [
    "read models that Citus does not know: they are committed together with events from the log's own step on",
    { key: NEW_KEY, tables: ['event_log', 'snapshots'], readModels: ["app.owner's"] },
    [
      SNAPSHOTS,
      "SELECT citus_add_local_table_to_metadata('app.owner''s', cascade_via_foreign_keys => true) | locked",
      LOG,
    ],
  ],
  [
    'an index that is ready',
    { index: { isValid: true, isBuilding: false }, tables: ['event_log', 'snapshots'] },
    [KEY, SNAPSHOTS, LOG],
  ],
  [
    'a log that was left known to Citus only',
    { key: NEW_KEY, places: { ...SMALL_ONES, event_log: LOCAL } },
    [LOG, ...PROJECTIONS],
  ],
  [
    'a log in shards that somebody has made, and tables of much that are beside it',
    {
      key: NEW_KEY,
      tables: ['event_log', 'snapshots', 'maestro_commands'],
      places: { event_log: SHARDS },
      bytes: { snapshots: 1e9, maestro_commands: 8192 },
    },
    [
      "SELECT create_distributed_table_concurrently('snapshots', 'aggregate_id', colocate_with => 'event_log')",
      beside('maestro_commands', 'event_log'),
    ],
  ],
  [
    'rows that stayed on the coordinator',
    { key: NEW_KEY, places: DONE, bytes: { snapshots: 8192, maestro_workers: 8192 } },
    ["SELECT truncate_local_data_after_distributing_table('snapshots') | locked"],
  ],
  ['all in its place', { key: NEW_KEY, places: DONE, bytes: { maestro_migrations: 8192 } as object }, []],
];

for (const [what, found, steps] of CASES)
  test(`${what} ${steps.length === 0 ? 'needs nothing' : 'goes on from there'}`, (t) => {
    t.deepEqual(stepsFrom(found), steps);
  });
