import test from 'ava';
import type { Knex } from 'knex';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { judgeAttempts, startWriters } from '../../support/attempts.js';
import { useCluster } from '../../support/cluster.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { aSchemaName } from '../../support/database.js';
import { figure } from '../../support/figures.js';

const cluster = useCluster(test);

/** A projection that writes a row for each event into a table that lies with the events. */
async function readModel(knex: Knex, schema: string) {
  await knex.raw(
    `CREATE TABLE "${schema}".seen (aggregate_id bytea, sequence integer, PRIMARY KEY (aggregate_id, sequence))`,
  );
  return async (
    { aggregateId, sequence }: { aggregateId: { encode(): Uint8Array }; sequence: number },
    trx: Knex.Transaction,
  ) => {
    await trx.raw(`INSERT INTO "${schema}".seen VALUES (?, ?)`, [Buffer.from(aggregateId.encode()), sequence]);
  };
}

test.serial('shards are moved from node to node under writers, and nothing is lost or told wrongly', async (t) => {
  t.timeout(600_000);
  const { knex, schema } = cluster;
  const writers = startWriters(cluster.store(), 8, await readModel(knex, schema));
  t.teardown(() => writers.stop());
  await writers.progress(50);
  const workers = cluster.nodes().filter(({ isCoordinator }) => !isCoordinator);
  const { rows } = await knex.raw<{ rows: { shard: string; node: number }[] }>(
    `SELECT shardid::text AS shard, nodeid AS node FROM citus_shards JOIN pg_dist_node USING (nodename, nodeport) WHERE table_name = ?::regclass ORDER BY shardid`,
    [`"${schema}".event_log`],
  );
  let moved = 0;
  for (const { shard, node } of rows) {
    const target = workers.find(({ id }) => id !== node);
    if (target === undefined) continue;
    await knex.raw('SELECT citus_move_shard_placement(?::bigint, ?::integer, ?::integer, ?)', [
      shard,
      node,
      target.id,
      'force_logical',
    ]);
    moved += 1;
    await writers.progress(20);
  }
  const { lies, shown } = await judgeAttempts(await writers.stop(), cluster);
  t.log(shown);
  t.deepEqual(lies, []);
  t.true(moved > 0);
  figure('shards moved between the nodes of a cluster, eight writers', `${moved} moves: ${shown}`);
});

test.serial(
  'tables are spread over the nodes under writers, broken off once, and nothing is lost or told wrongly',
  async (t) => {
    t.timeout(600_000);
    const { knex } = cluster;
    const schema = aSchemaName();
    t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
    await migrate(knex, { schema });
    const store = new PostgresStore(knex, { schema });
    for (let n = 0; n < 20; n += 1) await store.commitEvents(aHistory(anId(), 100));
    const writers = startWriters(store, 8, await readModel(knex, schema));
    t.teardown(() => writers.stop());
    await writers.progress(50);
    const online = { schema, citus: true, online: true, shardCount: 8 };
    const breakOff = (what: string) => {
      if (what.includes('event_log to its place')) throw new Error('broken off');
    };
    await t.throwsAsync(migrate(knex, { ...online, onStep: breakOff }));
    t.is((await migrationStatus(knex, { schema })).conversion, 'unfinished');
    await writers.progress(50);
    const began = performance.now();
    await migrate(knex, online);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    await writers.progress(50);
    const { lies, shown } = await judgeAttempts(await writers.stop(), { knex, schema });
    t.log(shown);
    t.deepEqual(lies, []);
    t.like(await migrationStatus(knex, { schema }), { layout: { kind: 'citus', parts: 8 }, upToDate: true });
    figure('a log spread over the nodes of a cluster, eight writers', `${seconds} s: ${shown}`);
  },
);
