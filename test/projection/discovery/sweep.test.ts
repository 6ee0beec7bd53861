import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { behindSlice } from '../../../src/projection/discovery/behind-slice.js';
import { Sweep } from '../../../src/projection/discovery/sweep.js';
import { Heartbeat } from '../../../src/projection/worker/heartbeat.js';
import { LOG_START, type LogCursor } from '../../../src/store/positions/log-slice.js';
import { projectionTables } from '../../../src/store/projection-tables.js';
import { collect } from '../../support/data/factories.js';
import { fillFollowedLog, type Followed, followedHistories, followedId } from '../../support/data/followed-log.js';
import { isOnCluster, useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const embedded = useEmbeddedDatabase(test);

/** The pairs that are behind, as the model has it: copy, aggregate and how many events are missing. */
function expected(all: readonly Followed[]): string[] {
  return all
    .flatMap(({ length, positions, isParked }, index) =>
      positions.flatMap((position, copy) =>
        position < length && !(isParked && copy === 0)
          ? [`${copy + 1} ${followedId(index).hex} ${length - position}`]
          : [],
      ),
    )
    .sort();
}

for (const [layout, database] of Object.entries(layouts))
  testProp.serial(
    `a walk finds all that is behind and not parked, whatever the size of its slices (${layout})`,
    [followedHistories(5), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 })],
    async (t, all, rows, leaps) => {
      await fillFollowedLog(database, all);
      for (const isLeaping of [false, true]) {
        const found: string[] = [];
        for (let cursor: LogCursor | undefined = { ...LOG_START, leaps: isLeaping }; cursor !== undefined;) {
          const slice = await behindSlice(database.knex, database.schema, [1, 2], cursor, { rows, leaps });
          found.push(...slice.behind.map(({ copy, aggregateId, events }) => `${copy} ${aggregateId.hex} ${events}`));
          t.true(slice.behind.length <= 2 * Math.max(rows, leaps));
          cursor = slice.next && { ...slice.next, leaps: isLeaping };
        }
        t.deepEqual(found.sort(), expected(all));
      }
    },
    { numRuns: 25 },
  );

test.serial('long histories are leapt along, short ones are read', async (t) => {
  const { knex, schema } = layouts.plain;
  const long: Followed = { length: 300, positions: [0, 0], isParked: false };
  await fillFollowedLog(layouts.plain, [
    long,
    long,
    long,
    ...Array.from({ length: 5 }, () => ({ ...long, length: 1 })),
  ]);

  const first = await behindSlice(knex, schema, [1], LOG_START, { rows: 2, leaps: 2 });
  // A cluster counts aggregates, not rows.
  const after = isOnCluster() ? followedId(7).hex : followedId(0).hex;
  t.deepEqual(first.next, { after, leaps: true });
  const events = first.behind.map((found) => found.events).sort();
  t.deepEqual(events, isOnCluster() ? [1, 300] : [300]);
  const second = await behindSlice(knex, schema, [1], { after: followedId(2).hex, leaps: true }, { rows: 2, leaps: 2 });
  t.deepEqual(second.next, { after: followedId(4).hex, leaps: false });
});

test.serial('on the embedded database a walk finds the same', async (t) => {
  const database = { knex: embedded.get().knex, schema: 'public' };
  const all = [1, 3, 250].map((length): Followed => ({ length, positions: [1, 0], isParked: false }));
  await fillFollowedLog(database, all);
  const sweep = new Sweep(database.knex, 'public', { copies: () => [1, 2] });
  const found = (await collect(sweep.all())).flat();
  t.deepEqual(
    found.map(({ copy, aggregateId, events }) => `${copy} ${aggregateId.hex} ${events}`).sort(),
    expected(all),
  );
});

test.serial('slices go round for ever, and find what was committed behind them', async (t) => {
  const { knex, schema } = layouts.partitioned;
  const current: Followed = { length: 2, positions: [2, 2], isParked: false };
  await fillFollowedLog(layouts.partitioned, [current, current]);
  const sweep = new Sweep(knex, schema, { copies: () => [1] });
  t.is(sweep.pause, 0);
  t.deepEqual(await sweep.slice(), []);
  t.true(sweep.pause >= 250);
  await knex.raw(
    `INSERT INTO "${schema}".event_log VALUES ('\\x00000000000000000000000000000001', ?, 3, 'late', '{}')`,
    [followedId(0).encode()],
  );
  t.deepEqual(await sweep.slice(), [{ copy: 1, aggregateId: followedId(0), events: 1 }]);
  t.deepEqual(await collect(sweep.all([])), []);
});

test.serial('the more workers there are, the longer each one waits', async (t) => {
  const { knex, schema } = layouts.plain;
  const sweep = new Sweep(knex, schema, { copies: () => [1], interval: 0, workers: () => 1000 });
  await fillFollowedLog(layouts.plain, [{ length: 1, positions: [1, 1], isParked: false }]);
  await sweep.slice();
  // A slice takes a tenth of a millisecond at least.
  t.true(sweep.pause >= 10_000, `${sweep.pause}`);
});

test.serial('workers that have gone through the log together go on at different places', async (t) => {
  const { knex, schema } = layouts.plain;
  const all = Array.from({ length: 20 }, (): Followed => ({ length: 2, positions: [1, 1], isParked: false }));
  await fillFollowedLog(layouts.plain, all);
  const begun = new Set<string>();
  // By chance twelve of them begin at the same one of ten places once in a hundred thousand million times.
  for (let worker = 0; worker < 12; worker += 1) {
    const sweep = new Sweep(knex, schema, { copies: () => [1], size: { rows: 4, leaps: 4 } });
    t.is((await collect(sweep.all())).flat().length, 20);
    const [first] = await sweep.slice();
    begun.add(first?.aggregateId.hex ?? 'none');
  }
  t.true(begun.size > 1);
});

test.serial('a worker counts those that are alive and fill all that it fills', async (t) => {
  const { knex, schema } = layouts.plain;
  const { workers } = projectionTables(schema);
  const heartbeat = new Heartbeat();
  await heartbeat.beat(knex, schema, [1, 2]);
  t.is(heartbeat.workers, 1);
  const others = [
    { copies: [1, 2, 3], age: 0 },
    { copies: [1, 2], age: 0 },
    { copies: [1], age: 0 },
    { copies: [3], age: 0 },
    { copies: [1, 2], age: 40 },
  ];
  for (const { copies, age } of others)
    await knex.raw(
      `WITH other AS (SELECT gen_random_uuid() AS id)
INSERT INTO ${workers} SELECT id, copy, now(), now() - ? * interval '1 second', 0, 0 FROM other, unnest(?::integer[]) AS copy`,
      [age, copies],
    );
  await heartbeat.beat(knex, schema, [1, 2]);
  t.is(heartbeat.workers, 3);
  await heartbeat.beat(knex, schema, [1]);
  t.is(heartbeat.workers, 4);
  await knex.raw(`DELETE FROM ${workers}`);
});
