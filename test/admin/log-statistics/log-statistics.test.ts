import test from 'ava';
import {
  aggregateStatistics,
  logSize,
  logStatistics,
  quarterHourStatistics,
  typeStatistics,
} from '../../../src/admin/log-statistics/log-statistics.js';
import { partitionStatistics } from '../../../src/admin/log-statistics/partition-statistics.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { query } from '../../../src/store/read/rows.js';
import { standInAmongLayouts } from '../../support/citus-stand-in.js';
import { isOnCluster, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { fillSampleLog, type LoggedEvent, type SampleLog } from '../../support/data/sample-log.js';

const layouts = {
  plain: useTestDatabase(test),
  partitioned: useTestDatabase(test, { partitions: 4 }),
  ...standInAmongLayouts(test),
};
const empty = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const other = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

/** The groups of events with the same key, by key. */
function grouped(events: readonly LoggedEvent[], key: (event: LoggedEvent) => string): Map<string, LoggedEvent[]> {
  const groups = new Map<string, LoggedEvent[]>();
  for (const event of events) groups.set(key(event), [...(groups.get(key(event)) ?? []), event]);
  return groups;
}

/** The counts of groups, the largest first, then by key in the order of code points. */
function counts(groups: ReadonlyMap<string, readonly LoggedEvent[]>) {
  return [...groups]
    .map(([key, events]) => ({ key, events: events.length, ...edges(events) }))
    .sort((a, b) => b.events - a.events || (a.key < b.key ? -1 : 1));
}

function edges(events: readonly LoggedEvent[]): { firstTime: number; lastTime: number } {
  const times = events.map(({ timestamp }) => timestamp.time);
  return { firstTime: Math.min(...times), lastTime: Math.max(...times) };
}

for (const [layout, database] of Object.entries(layouts)) {
  const log = () => logs.get(layout) as SampleLog;

  test(`the summary counts what a look at every event counts, ${layout} layout`, async (t) => {
    const { events, snapshots } = log();
    const aggregates = counts(grouped(events, ({ aggregateId }) => aggregateId.hex));
    const { size, longest, ...summary } = await logStatistics(database, 7);
    t.deepEqual(summary, {
      events: events.length,
      aggregates: aggregates.length,
      snapshots: snapshots.size,
      ...edges(events),
    });
    t.deepEqual(
      longest.map(({ aggregateId, events }) => ({ key: aggregateId.hex, events })),
      aggregates.slice(0, 7).map(({ key, events }) => ({ key, events })),
    );
    t.deepEqual(size, await logSize(database));
    t.true(size.log > 0 && size.indexes > 0 && size.snapshots > 0);
  });

  test(`by type and by aggregate, every event is counted once, ${layout} layout`, async (t) => {
    const { events } = log();
    const types = (await typeStatistics(database)).map(({ type, bodies: _, ...group }) => ({ key: type, ...group }));
    t.deepEqual(new Set(types), new Set(counts(grouped(events, ({ type }) => type))));
    t.deepEqual(
      types.map(({ events }) => events),
      types.map(({ events }) => events).sort((a, b) => b - a),
    );
    const expected = counts(grouped(events, ({ aggregateId }) => aggregateId.hex));
    for (const limit of [undefined, 1, 100]) {
      const aggregates = await aggregateStatistics(database, limit);
      t.deepEqual(
        aggregates.map(({ aggregateId, bodies: _, ...group }) => ({ key: aggregateId.hex, ...group })),
        expected.slice(0, limit),
      );
    }
  });

  test(`bytes of bodies add up to those of the whole log, ${layout} layout`, async (t) => {
    const sql = `SELECT sum(pg_column_size(body))::integer FROM "${database.schema}".event_log`;
    const [row] = await query<[number]>(database.knex, sql);
    for (const groups of [await typeStatistics(database), await aggregateStatistics(database)])
      t.is(
        groups.reduce((sum, { bodies }) => sum + bodies, 0),
        Number(row?.[0]),
      );
  });

  test(`the tables that events are in add up to the whole log, ${layout} layout`, async (t) => {
    const partitions = await partitionStatistics(database);
    const names = layout === 'partitioned' ? [0, 1, 2, 3].map((number) => `event_log_${number}`) : ['event_log'];
    const found = partitions.map(({ partition }) => partition);
    if (isOnCluster()) t.true(found.every((name) => /\.event_log_\d+$/.test(name)));
    else
      t.deepEqual(
        found,
        names.map((name) => `${database.schema}.${name}`),
      );
    const inShards = isOnCluster() || layout.startsWith('stand-in');
    t.true(partitions.every(({ node }) => (node !== undefined) === inShards));
    t.is(
      partitions.reduce((sum, { events }) => sum + events, 0),
      log().events.length,
    );
    t.true(partitions.every(({ events }) => events > 100));
    const { log: rows, indexes } = await logSize(database);
    t.deepEqual(
      [partitions.reduce((sum, { log }) => sum + log, 0), partitions.reduce((sum, { indexes }) => sum + indexes, 0)],
      [rows, indexes],
    );
  });
}

test('partitions come in the order of their numbers', async (t) => {
  const { knex, schema } = other;
  const parts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  await knex.raw(`CREATE SCHEMA "${schema}_11"`);
  try {
    await knex.raw(
      `CREATE TABLE "${schema}_11".event_log (LIKE "${schema}".event_log) PARTITION BY HASH (aggregate_id)`,
    );
    for (const part of parts)
      await knex.raw(`CREATE TABLE "${schema}_11".event_log_${part} PARTITION OF "${schema}_11".event_log
FOR VALUES WITH (MODULUS 11, REMAINDER ${part})`);
    t.deepEqual(
      (await partitionStatistics({ knex, schema: `${schema}_11` })).map(({ partition }) => partition),
      parts.map((part) => `${schema}_11.event_log_${part}`),
    );
  } finally {
    await knex.raw(`DROP SCHEMA "${schema}_11" CASCADE`);
  }
});

test('quarters of an hour are counted in order, up to the last time that there can be', async (t) => {
  const times = [0, 899_999, 900_000, 1_700_000_000_000, 2 ** 48 - 1];
  const events = times.map((time) => anEvent(anId(), { timestamp: Timestamp.of({ time, nodeId: 7n }) }));
  await other.store().commitEvents(events);
  t.deepEqual(await quarterHourStatistics(other), [
    { time: 0, events: 2 },
    { time: 900_000, events: 1 },
    { time: 1_699_999_200_000, events: 1 },
    { time: Math.floor((2 ** 48 - 1) / 900_000) * 900_000, events: 1 },
  ]);
});

for (const [layout, database] of Object.entries(empty))
  test(`an empty log counts nothing, ${layout} layout`, async (t) => {
    const { size, ...summary } = await logStatistics(database);
    t.deepEqual(summary, {
      events: 0,
      aggregates: 0,
      snapshots: 0,
      firstTime: undefined,
      lastTime: undefined,
      longest: [],
    });
    t.true(size.indexes > 0);
    t.deepEqual(await typeStatistics(database), []);
    t.deepEqual(await aggregateStatistics(database), []);
    t.deepEqual(await quarterHourStatistics(database), []);
    const partitions = await partitionStatistics(database);
    t.true(partitions.length > 0 && partitions.every(({ events }) => events === 0));
  });

test('asking for no aggregate is refused', async (t) => {
  await t.throwsAsync(logStatistics(empty.plain, 0), { instanceOf: InvalidArgumentError });
  await t.throwsAsync(aggregateStatistics(empty.plain, 0), { instanceOf: InvalidArgumentError });
});
