import test from 'ava';
import type { Distribution } from '../../../../src/store/migrate/citus/distribution.js';
import { placementDifferences } from '../../../../src/store/migrate/citus/placement.js';
import { layoutOf } from '../../../../src/store/migrate/migration-state.js';
import type { TableName } from '../../../../src/store/migrate/migration.js';
import { migrationStatus } from '../../../../src/store/migrate/migration-status.js';
import { migrate, migrationSql } from '../../../../src/store/migrate/migrator.js';
import { readTableShape } from '../../../../src/store/migrate/table-shape.js';
import { useSchemas } from '../../../support/database.js';
import { describeSchema } from '../../../support/data/schema-description.js';
import { TABLES } from '../../../support/data/steps.js';

const { knex, aSchema } = useSchemas(test);

/** Statements that only Citus understands. */
const OF_CITUS = /^(SELECT (create_|citus_)\w+\(.*\)|SET LOCAL citus\..*);$/gm;

test('every table is brought to its place right after it is made, the event log first', async (t) => {
  const script = await migrationSql(undefined, { schema: 'app', citus: true, shardCount: 4 });
  const [made, placed] = [/^CREATE TABLE "app"\."(\w+)"/gm, /^SELECT \w+\('"app"\."(\w+)"'/gm].map((pattern) =>
    [...script.matchAll(pattern)].map(([, table]) => table),
  );
  t.deepEqual(placed, made);
  t.deepEqual(made?.toSorted(), TABLES);
  t.deepEqual(
    [...script.matchAll(OF_CITUS)].map(([statement]) => statement),
    [
      'SET LOCAL citus.enable_schema_based_sharding = off;',
      `SELECT citus_add_local_table_to_metadata('"app"."maestro_migrations"');`,
      `SELECT create_distributed_table('"app"."event_log"', 'aggregate_id', shard_count => 4, colocate_with => 'none');`,
      ...['snapshots', 'maestro_commands'].map(withEvents),
      `SELECT create_reference_table('"app"."maestro_projections"');`,
      ...['maestro_positions', 'maestro_parked', 'maestro_skipped'].map(withEvents),
      `SELECT citus_add_local_table_to_metadata('"app"."maestro_workers"');`,
      withEvents('maestro_leases'),
      `SELECT citus_add_local_table_to_metadata('"app"."maestro_moves"');`,
    ],
  );
});

function withEvents(table: string): string {
  return `SELECT create_distributed_table('"app"."${table}"', 'aggregate_id', colocate_with => '"app"."event_log"');`;
}

test('but for the places, the tables are the plain ones with the aggregate id in the primary key of the log, also where empty plain ones were', async (t) => {
  const [plain, fresh, changed] = [aSchema(), aSchema(), aSchema()];
  await migrate(knex, { schema: plain });
  await migrate(knex, { schema: changed });
  for (const schema of [fresh, changed])
    await knex.raw((await migrationSql(knex, { schema, citus: true })).replace(OF_CITUS, ''));
  const key = 'event_log event_log_pkey PRIMARY KEY ("timestamp"';
  const expected = (await describeSchema(knex, plain)).map((line) =>
    line
      .replace(`${key})`, `${key}, aggregate_id)`)
      .replace(/(event_log_pkey ON \S+ USING btree \("timestamp")\)/, '$1, aggregate_id)'),
  );
  t.deepEqual((await describeSchema(knex, fresh)).toSorted(), expected.toSorted());
  t.deepEqual((await describeSchema(knex, changed)).toSorted(), expected.toSorted());
});

test('a database that is not part of a cluster is refused, and nothing is made', async (t) => {
  const [empty, plain] = [aSchema(), aSchema()];
  await migrate(knex, { schema: plain });
  for (const schema of [empty, plain]) {
    const before = await describeSchema(knex, schema);
    await t.throwsAsync(migrate(knex, { schema, citus: true }), {
      code: 'MAESTRO_CLUSTER_NOT_READY',
      message: /is not part of a Citus cluster/,
    });
    t.deepEqual(await describeSchema(knex, schema), before);
  }
});

test('partitions are not made shards of', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema, partitions: 2 });
  await t.throwsAsync(migrate(knex, { schema, citus: true }), {
    code: 'MAESTRO_LAYOUT_MISMATCH',
    message: 'The event log has 2 partitions; it cannot be changed to shards on a Citus cluster.',
  });
});

for (const options of [
  { citus: true, partitions: 4 },
  { shardCount: 4 },
  { citus: true, shardCount: 0 },
  { citus: true, shardCount: 1.5 },
  { citus: true, shardCount: 64_001 },
])
  test(`${JSON.stringify(options)} is refused`, async (t) => {
    await t.throwsAsync(migrate(knex, { schema: aSchema(), ...options }), { code: 'MAESTRO_INVALID_ARGUMENT' });
    await t.throwsAsync(migrationSql(undefined, options), { code: 'MAESTRO_INVALID_ARGUMENT' });
  });

const BY_AGGREGATE: Distribution = { method: 'hash', column: 'aggregate_id', colocation: 7, shards: 4 };
const EVERYWHERE: Distribution = { method: 'reference', column: '', colocation: 2, shards: 1 };
const LOCAL: Distribution = { method: 'local', column: '', colocation: 0, shards: 1 };
const WHOLE: Distribution = { method: 'whole', column: '', colocation: 9, shards: 1 };

test('a table in another place than migrations give it is named, with what it is and what it is not', (t) => {
  const cases: [TableName, Distribution | undefined, Distribution | undefined, string[]][] = [
    ['snapshots', BY_AGGREGATE, BY_AGGREGATE, []],
    ['maestro_projections', EVERYWHERE, BY_AGGREGATE, []],
    ['maestro_workers', LOCAL, BY_AGGREGATE, []],
    ['snapshots', WHOLE, WHOLE, []],
    ['snapshots', undefined, undefined, []],
    ['snapshots', undefined, LOCAL, []],
    ['event_log', { ...BY_AGGREGATE, column: 'type' }, { ...BY_AGGREGATE, column: 'type' }, ['event_log is distributed by type, not by aggregate_id']],
    ['event_log', EVERYWHERE, EVERYWHERE, ['event_log is a reference table, not distributed by aggregate_id']],
    ['snapshots', undefined, BY_AGGREGATE, ['snapshots is not known to Citus, not distributed by aggregate_id']],
    ['snapshots', { ...BY_AGGREGATE, colocation: 8 }, BY_AGGREGATE, ['the shards of snapshots do not lie with those of event_log']],
    ['maestro_projections', LOCAL, BY_AGGREGATE, ['maestro_projections is a local table of the coordinator, not a reference table']],
    ['maestro_workers', undefined, BY_AGGREGATE, ["maestro_workers is not known to Citus, not a local table of the coordinator in Citus' metadata"]],
    ['snapshots', BY_AGGREGATE, undefined, ['snapshots is distributed, but event_log is not']],
    ['snapshots', undefined, WHOLE, ['snapshots does not lie in the distributed schema of event_log']],
  ]; // prettier-ignore
  for (const [table, own, log, expected] of cases) t.deepEqual(placementDifferences(table, own, log), expected);
});

test('the layout is known by the distribution of the log', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  const shape = await readTableShape(knex, schema, 'event_log');
  const layoutWith = (distribution: Distribution | undefined) =>
    layoutOf({ shapes: new Map(shape && [['event_log', { ...shape, distribution }]]) });
  t.deepEqual(layoutWith(undefined), { kind: 'plain', parts: 1 });
  t.deepEqual(layoutWith(LOCAL), { kind: 'plain', parts: 1 });
  t.deepEqual(layoutWith(BY_AGGREGATE), { kind: 'citus', parts: 4 });
  t.deepEqual(layoutWith(WHOLE), { kind: 'citus schema', parts: 1 });
  t.deepEqual((await migrationStatus(knex, { schema })).layout, { kind: 'plain', parts: 1 });
});
