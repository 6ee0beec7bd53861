import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { lagOf } from '../../src/projection/lag.js';
import { sqlState } from '../../src/store/driver/driver-error.js';
import { lagSlices, type LagProgress, type PositionLag } from '../../src/store/positions/lag-slices.js';
import { projectionTables } from '../../src/store/projection-tables.js';
import { fillFollowedLog, type Followed, followedHistories, followedId } from '../support/data/followed-log.js';
import { testKnex, useEmbeddedDatabase, useTestDatabase } from '../support/database.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const named = useTestDatabase(test);
const embedded = useEmbeddedDatabase(test);

function expected(all: readonly Followed[], copy: 0 | 1): PositionLag {
  const behind = all.map(({ length, positions }) => length - positions[copy]);
  return {
    aggregatesBehind: behind.filter((events) => events > 0).length,
    eventsBehind: behind.reduce((sum, events) => sum + Math.max(0, events), 0),
    ahead: behind.filter((events) => events < 0).length,
  };
}

for (const [layout, { knex, schema }] of Object.entries(layouts))
  testProp.serial(
    `what is behind and ahead is counted, also where the log has no events (${layout})`,
    [followedHistories(4, 0), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 })],
    async (t, all, rows, leaps) => {
      await fillFollowedLog({ knex, schema }, all);
      let last: LagProgress | undefined;
      for await (last of lagSlices(knex, schema, [1, 2], { rows, leaps }));
      t.true(last?.isWhole);
      t.deepEqual(last && [...last.lags], [
        [1, expected(all, 0)],
        [2, expected(all, 1)],
      ]);
    },
    { numRuns: 25 },
  );

test.serial('each copy is told with what is parked of it and who works at it', async (t) => {
  const { knex, schema } = named;
  const { projections, parked, workers } = projectionTables(schema);
  await fillFollowedLog(named, [{ length: 3, positions: [1, 9], isParked: true }]);
  await knex.raw(`INSERT INTO ${projections} (name, version, kind, status) VALUES
('owners', 1, 'projection', 'live'), ('mails', 1, 'subscription', 'live'), ('owners', 0, 'projection', 'retired')`);
  await knex.raw(`INSERT INTO ${parked} VALUES (1, ?, 4, 'gap', '', 1, now(), now(), now())`, [followedId(9).encode()]);
  await knex.raw(`INSERT INTO ${workers} VALUES (gen_random_uuid(), 1, now(), now(), 5, 2.5), (gen_random_uuid(), 1, now(), now(), 5, 4),
(gen_random_uuid(), 1, now(), now() - interval '31 seconds', 5, 8)`);
  const owners = { copy: 1, status: 'live', aggregatesBehind: 1, eventsBehind: 2, failed: 1, gaps: 1, ahead: 0 };
  t.deepEqual(await lagOf(knex, schema, { names: ['owners'] }), [
    { ...owners, workers: 2, perSecond: 6.5 },
    {
      copy: 3,
      status: 'retired',
      aggregatesBehind: 0,
      eventsBehind: 0,
      failed: 0,
      gaps: 0,
      ahead: 0,
      workers: 0,
      perSecond: 0,
    },
  ]);
  t.like(await lagOf(knex, schema), { length: 3, 0: { copy: 2, aggregatesBehind: 0, ahead: 1 } });
  t.deepEqual(await lagOf(knex, schema, { names: ["nobody's"] }), []);
});

test.serial('a count ends when it is no longer wanted, and works in a session that only reads', async (t) => {
  const { knex, schema } = named;
  const signal = AbortSignal.abort(new Error('enough'));
  await t.throwsAsync(lagOf(knex, schema, { signal }), { message: 'enough' });
  const reading = testKnex({ pool: { min: 0, max: 1 } });
  await reading.raw('SET default_transaction_read_only = on; SET search_path = pg_catalog');
  t.is((await lagOf(reading, schema)).length, 3);
  await reading.raw('SET statement_timeout = 1');
  await knex.raw(`INSERT INTO "${schema}".event_log SELECT decode(md5('t' || n), 'hex'), decode(md5(n::text), 'hex'), 1, 'happened', '{}'
FROM generate_series(1, 20000) AS n`);
  const error = await t.throwsAsync(lagOf(reading, schema));
  t.is(sqlState(error?.cause ?? error), '57014');
  await reading.destroy();
});

test.serial('on the embedded database the same is counted', async (t) => {
  const { knex } = embedded.get();
  const all: Followed[] = [
    { length: 2, positions: [1, 3], isParked: false },
    { length: 0, positions: [4, 0], isParked: false },
  ];
  await fillFollowedLog({ knex, schema: 'public' }, all);
  await knex.raw(
    `INSERT INTO maestro_projections (name, version, kind, status) VALUES ('owners', 1, 'projection', 'live')`,
  );
  t.like(await lagOf(knex, 'public'), [expected(all, 0)]);
});
