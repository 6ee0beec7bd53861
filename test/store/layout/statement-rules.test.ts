import test from 'ava';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { storeContract } from '../../../src/testing/contract.js';
import { useCitusStandIn } from '../../support/citus-stand-in.js';
import { clusterFaults, insertedAggregates } from '../../support/cluster-rules.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { testKnex } from '../../support/database.js';

const standIn = useCitusStandIn(test);
const sent = new Map<string, readonly unknown[]>();
const knex = testKnex({ connection: standIn.url });
knex.on('query', ({ sql, bindings = [] }: { sql: string; bindings?: readonly unknown[] }) => sent.set(sql, bindings));

storeContract(test, () => new PostgresStore(knex, { schema: standIn.schema }));

// Runs when all tests have ended, so it sees what they have sent.
test.after('no statement of the contract has a form that a cluster does not take', async (t) => {
  await knex.destroy();
  t.true(sent.size > 20, `only ${sent.size} statements were seen`);
  const faults = [...sent.keys()].flatMap((sql) => clusterFaults(sql).map((what) => `${what}: ${sql}`));
  t.deepEqual(faults, []);
});

test('commits side by side insert the events of one aggregate each', async (t) => {
  const own = testKnex({ connection: standIn.url });
  t.teardown(() => own.destroy());
  const inserted: Set<string>[] = [];
  own.on('query', ({ sql, bindings = [] }: { sql: string; bindings?: readonly unknown[] }) => {
    const aggregates = insertedAggregates(sql, bindings);
    if (aggregates.size > 0) inserted.push(aggregates);
  });
  const store = new PostgresStore(own, { schema: standIn.schema });
  const ids = Array.from({ length: 16 }, () => anId());
  const events = ids.map((id) => [anEvent(id, { sequence: 1 }), anEvent(id, { sequence: 2 })]);
  t.true((await Promise.all(events.map((each) => store.commitEvents(each)))).every(({ ok }) => ok));
  t.deepEqual(new Set(inserted.flatMap((aggregates) => [...aggregates])), new Set(ids.map(({ hex }) => hex)));
  t.true(inserted.every(({ size }) => size === 1));
});

/** A text that breaks each rule, and beside it the form that does not. */
const EXAMPLES: readonly (readonly [broken: string, instead: string])[] = [
  [
    'INSERT INTO "s".event_log ("timestamp", aggregate_id) SELECT * FROM unnest($1::bytea[])',
    'INSERT INTO "s".event_log ("timestamp", aggregate_id) VALUES ($1, $2)',
  ],
  [
    'WITH RECURSIVE ids(id) AS (SELECT aggregate_id FROM "s".event_log) SELECT id FROM ids',
    'SELECT aggregate_id AS id FROM "s".event_log GROUP BY aggregate_id ORDER BY aggregate_id LIMIT $1',
  ],
  ['SELECT EXISTS (SELECT FROM "s".event_log WHERE type = $1)', 'SELECT 1 FROM "s".event_log WHERE type = $1 LIMIT 1'],
  [
    'SELECT count(*) FROM (SELECT FROM "s".snapshots LIMIT 5) AS some',
    'SELECT count(*) FROM (SELECT 1 FROM "s".snapshots LIMIT 5) AS some',
  ],
  [
    `SELECT count(*) FROM "s".event_log, pg_class`,
    `SELECT pg_total_relation_size(to_regclass('"s".event_log')), relname FROM pg_class`,
  ],
  ['DELETE FROM "s".maestro_parked WHERE ctid = $1', 'DELETE FROM "s".maestro_parked WHERE aggregate_id = $1'],
  [
    'INSERT INTO "s".maestro_leases VALUES ($1) ON CONFLICT (copy) DO UPDATE SET at = clock_timestamp()',
    'INSERT INTO "s".maestro_leases VALUES ($1) ON CONFLICT (copy) DO UPDATE SET at = excluded.at',
  ],
  [
    'UPDATE "s".event_log SET body = CASE WHEN body #> $1::text::text[] IS NULL THEN body END WHERE aggregate_id = $2',
    'UPDATE "s".event_log SET body = CASE WHEN body #> ARRAY[$1]::text[] IS NULL THEN body END WHERE aggregate_id = $2',
  ],
  [
    'SELECT FROM "s".maestro_positions WHERE copy = $1 FOR UPDATE',
    'SELECT FROM "s".maestro_positions WHERE copy = $1 AND aggregate_id = $2 FOR UPDATE',
  ],
];

test('each rule finds its form, and lets the one pass that a cluster takes', (t) => {
  const found = EXAMPLES.map(([broken]) => clusterFaults(broken));
  t.true(
    found.every(({ length }) => length === 1),
    JSON.stringify(found),
  );
  t.is(new Set(found.flat()).size, EXAMPLES.length);
  for (const [, instead] of EXAMPLES) t.deepEqual(clusterFaults(instead), [], instead);
});
