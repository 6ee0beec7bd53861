import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { judgeAttempts, startWriters } from '../../support/attempts.js';
import { useCluster } from '../../support/cluster.js';
import { figure } from '../../support/figures.js';

const cluster = useCluster(test);
const { knex, schema } = cluster;

/** Crashes a server, by the command that is given for it, and waits until it takes connections again. */
async function crash(host: string): Promise<void> {
  await promisify(execFile)(process.env['MAESTRO_TEST_CITUS_CRASH'] ?? '', [host]);
}

test.serial.before(async () => {
  await knex.raw(
    `CREATE TABLE "${schema}".seen (aggregate_id bytea, sequence integer, PRIMARY KEY (aggregate_id, sequence))`,
  );
  await knex.raw(
    `SELECT create_distributed_table('"${schema}".seen', 'aggregate_id', colocate_with => '"${schema}".event_log')`,
  );
});

for (const [what, isCoordinator, crashes] of [
  ['a worker', false, 6],
  ['the coordinator', true, 4],
] as const)
  test.serial(`${what} crashes under writers, and nothing is lost or told wrongly`, async (t) => {
    t.timeout(900_000);
    const node = cluster.nodes().find((each) => each.isCoordinator === isCoordinator);
    if (node === undefined) return t.fail('no such node');
    const writers = startWriters(cluster.store(), 8, async ({ aggregateId, sequence }, transaction) => {
      await transaction.raw(`INSERT INTO "${schema}".seen VALUES (?, ?)`, [aggregateId.encode(), sequence]);
    });
    t.teardown(() => writers.stop());
    for (let round = 0; round < crashes; round += 1) {
      await writers.progress(100);
      await crash(new URL(node.url).host);
    }
    await writers.progress(50);
    const { lies, shown } = await judgeAttempts(await writers.stop(), cluster);
    t.log(shown);
    t.deepEqual(lies, []);
    const { rows } = await knex.raw<{ rows: { events: string }[] }>(
      `SELECT count(*) AS events FROM "${schema}".seen AS seen WHERE NOT EXISTS
(SELECT 1 FROM "${schema}".event_log AS log WHERE log.aggregate_id = seen.aggregate_id AND log.sequence = seen.sequence)`,
    );
    t.is(rows[0]?.events, '0', 'read models without their events');
    figure(`${what} of a cluster crashed, eight writers`, `${crashes} crashes: ${shown}`);
  });
