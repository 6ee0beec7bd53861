import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import pg from 'pg';
import { aggregateIds, sampleOfIds } from '../../../src/admin/log/aggregate-ids.js';
import { aggregateCursor } from '../../../src/admin/list-aggregates/cursor.js';
import type { AggregateFilter, AggregateOrder, AggregateSummary } from '../../../src/admin/list-aggregates/summary.js';
import { listAggregates } from '../../../src/admin/list-aggregates/list-aggregates.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { standInAmongLayouts } from '../../support/citus-stand-in.js';
import { isOnCluster, type TestDatabase, useTestDatabase } from '../../support/database.js';
import { aHistory, anId, collect } from '../../support/data/factories.js';
import {
  fillSampleLog,
  type LoggedEvent,
  matches,
  sampleFilters,
  type SampleLog,
} from '../../support/data/sample-log.js';

const plain = useTestDatabase(test);
const layouts = { plain, partitioned: useTestDatabase(test, { partitions: 4 }), ...standInAmongLayouts(test) };
const large = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const empty = useTestDatabase(test);
const busy = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

const orders = fc.constantFrom<AggregateOrder>('id', 'events', 'last');
const filters: fc.Arbitrary<AggregateFilter> = fc
  .record({ filter: sampleFilters(), withSnapshot: fc.boolean(), sort: orders })
  .map(({ filter, ...others }) => ({ ...filter, ...others }));

const COMPARE: Readonly<Record<AggregateOrder, (a: AggregateSummary, b: AggregateSummary) => number>> = {
  id: (a, b) => a.aggregateId.compare(b.aggregateId),
  events: (a, b) => b.events - a.events || a.aggregateId.compare(b.aggregateId),
  last: (a, b) => b.last.compare(a.last) || b.aggregateId.compare(a.aggregateId),
};

/** The aggregates of a log that a filter asks for, by looking at every event. */
function naively({ events, snapshots }: SampleLog, filter: AggregateFilter): AggregateSummary[] {
  const histories = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const id = event.aggregateId.hex;
    histories.set(id, [...(histories.get(id) ?? []), event]);
  }
  return [...histories]
    .filter(
      ([id, history]) =>
        history.some((event) => matches(event, picked(filter))) && (!filter.withSnapshot || snapshots.has(id)),
    )
    .map(([id, history]) => {
      const inOrder = history.toSorted((a, b) => a.sequence - b.sequence);
      const [first, last] = [inOrder[0], inOrder.at(-1)] as [LoggedEvent, LoggedEvent];
      return {
        aggregateId: first.aggregateId,
        events: history.length,
        sequence: last.sequence,
        first: first.timestamp,
        last: last.timestamp,
        type: last.type,
        snapshot: snapshots.get(id),
      };
    })
    .sort(COMPARE[filter.sort ?? 'id']);
}

function picked({ types, since, until }: AggregateFilter) {
  return { ...(types && { types }), ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

for (const [layout, database] of Object.entries(layouts)) {
  const log = () => logs.get(layout) as SampleLog;

  testProp(
    `lists the aggregates that a look at every event finds, in every order and with every filter, ${layout} layout`,
    [filters, fc.option(fc.integer({ min: 1, max: 700 }))],
    async (t, filter, limit) => {
      const listed = await collect(listAggregates(database, { ...filter, limit: limit ?? undefined }));
      t.deepEqual(listed, naively(log(), filter).slice(0, limit ?? undefined));
    },
    { numRuns: 25 },
  );

  testProp(
    `pages, each after the cursor of the one before, have every aggregate once, ${layout} layout`,
    [filters, fc.integer({ min: 20, max: 150 })],
    async (t, filter, limit) => {
      const paged: AggregateSummary[] = [];
      for (let after: string | undefined; ;) {
        const page = await collect(listAggregates(database, { ...filter, after, limit }));
        paged.push(...page);
        if (page.length < limit) break;
        after = aggregateCursor(page.at(-1) as AggregateSummary, filter.sort);
      }
      t.deepEqual(paged, naively(log(), filter));
    },
    { numRuns: 8 },
  );

  test(`without another filter too, all of them and those with a snapshot, ${layout} layout`, async (t) => {
    for (const sort of ['id', 'events', 'last'] as const)
      for (const withSnapshot of [false, true])
        t.deepEqual(
          await collect(listAggregates(database, { sort, withSnapshot })),
          naively(log(), { sort, withSnapshot }),
        );
  });

  test(`after the cursor of one comes the next, also where the two share what orders them, ${layout} layout`, async (t) => {
    for (const sort of ['id', 'events', 'last'] as const) {
      const all = naively(log(), { sort });
      const shares = ({ last }: AggregateSummary, index: number) => last.hex === all[index + 1]?.last.hex;
      const places = all.flatMap((one, index) =>
        index % 50 === 0 || (sort === 'last' && shares(one, index)) ? [index] : [],
      );
      for (const index of places) {
        const after = aggregateCursor(all[index] as AggregateSummary, sort);
        t.deepEqual(
          await collect(listAggregates(database, { sort, after, limit: 1 })),
          all.slice(index + 1, index + 2),
        );
      }
    }
  });

  test(`aggregateIds() gives every id once, in order, ${layout} layout`, async (t) => {
    t.deepEqual(await collect(aggregateIds(database)), idsOf(log()));
  });

  test(`sampleOfIds() gives as many as asked for, all where there are no more, ${layout} layout`, async (t) => {
    const all = idsOf(log());
    t.deepEqual(await sampleOfIds(database, all.length), all);
    t.deepEqual(await sampleOfIds(database, all.length + 5), all);
    const sample = await sampleOfIds(database, 50);
    t.is(new Set(sample.map(({ hex }) => hex)).size, 50);
    t.true(sample.every(({ hex }) => all.some((id) => id.hex === hex)));
    t.deepEqual(
      sample,
      sample.toSorted((a, b) => a.compare(b)),
    );
    // The last that comes always takes the first place, when chance says 0.
    t.true((await sampleOfIds(database, 1, () => 0)).at(0)?.hex === all.at(-1)?.hex);
  });
}

function idsOf({ events }: SampleLog): Timestamp[] {
  const ids = new Map(events.map(({ aggregateId }) => [aggregateId.hex, aggregateId]));
  return [...ids.values()].sort((a, b) => a.compare(b));
}

test('an empty log has no aggregates, and a snapshot without events is none', async (t) => {
  await empty.knex.raw(`INSERT INTO "${empty.schema}".snapshots VALUES (?, 1, '{}')`, [anId().encode()]);
  for (const sort of ['id', 'events', 'last'] as const)
    for (const withSnapshot of [false, true])
      t.deepEqual(await collect(listAggregates(empty, { sort, withSnapshot })), []);
  t.deepEqual(await collect(aggregateIds(empty)), []);
});

test('a cursor of another order, and what is none at all, are refused', async (t) => {
  const [id] = await collect(listAggregates(plain, { limit: 1 }));
  const cursors = { id: '', events: '', last: '' };
  for (const sort of ['id', 'events', 'last'] as const) cursors[sort] = aggregateCursor(id as AggregateSummary, sort);
  for (const sort of ['id', 'events', 'last'] as const)
    for (const after of [
      ...Object.values(cursors).filter((cursor) => cursor !== cursors[sort]),
      '',
      'x',
      '1:',
      ':1',
      "'",
    ]) {
      const error = await t.throwsAsync(collect(listAggregates(plain, { sort, after })), {
        instanceOf: InvalidArgumentError,
      });
      t.true(error.message.includes(JSON.stringify(after)), error.message);
    }
});

test('a limit below 1 is refused', async (t) => {
  for (const limit of [0, -1, 1.5, Number.NaN])
    await t.throwsAsync(collect(listAggregates(empty, { limit })), { instanceOf: InvalidArgumentError });
});

/** The time of the last event of the large log. */
const LARGE_LOG_ENDS = 1_700_000_021_000;

/** Stores 1,000 aggregates of 20 events, one event of each after the other, a millisecond apart. */
async function fillLargeLog({ knex, schema }: TestDatabase): Promise<void> {
  await knex.raw(`INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(${LARGE_LOG_ENDS - 21_000} + s * 1000 + a), 12, '0') || repeat('0', 20), 'hex'), decode(md5(a::text), 'hex'), s,
  'happened', '{}' FROM generate_series(1, 20) AS s, generate_series(1, 1000) AS a`);
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * Scans of the event log in PostgreSQL's plans for a listing: their kinds, and the rows that they give.
 */
async function scansOf(database: TestDatabase, filter: AggregateFilter): Promise<{ kinds: string[]; rows: number }> {
  const statements: { sql: string; bindings: unknown[] }[] = [];
  const note = (query: { sql: string; bindings: unknown[] }) => void statements.push(query);
  database.knex.on('query', note);
  await collect(listAggregates(database, filter));
  database.knex.off('query', note);
  const client = new pg.Client(database.url);
  await client.connect();
  const kinds = new Set<string>();
  let rows = 0;
  const look = (node: PlanNode) => {
    if (node['Relation Name']?.startsWith('event_log')) {
      kinds.add(node['Node Type']);
      rows += (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    }
    node.Plans?.forEach(look);
  };
  for (const { sql, bindings } of statements) {
    const { rows: answer } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      bindings,
    );
    look(answer[0]?.['QUERY PLAN'][0]?.Plan as PlanNode);
  }
  await client.end();
  return { kinds: [...kinds].sort(), rows };
}

// The plans of a cluster do not tell what its nodes read.
for (const [layout, database] of isOnCluster() ? [] : Object.entries(large))
  test.serial(
    `a page by id or by last event follows indexes and reads a small part of the log, ${layout} layout`,
    async (t) => {
      await fillLargeLog(database);
      const assertSmall = async (filter: AggregateFilter) => {
        const { kinds, rows } = await scansOf(database, { limit: 50, ...filter });
        t.true(kinds.length > 0 && !kinds.includes('Seq Scan'), kinds.join());
        t.true(rows < 3000, `${rows} of 20,000 rows were read`);
      };
      const [half] = (await collect(listAggregates(database, { limit: 500 }))).slice(-1) as [AggregateSummary];
      await assertSmall({ sort: 'id' });
      await assertSmall({ sort: 'id', after: aggregateCursor(half) });
      // Without statistics the planner takes so small a log for smaller than a page.
      await database.knex.raw(`ANALYZE "${database.schema}".event_log`);
      for (const sort of ['id', 'last'] as const) {
        await assertSmall({ sort });
        await assertSmall({ sort, after: aggregateCursor(half, sort) });
        await assertSmall({ sort, since: LARGE_LOG_ENDS - 20 });
      }
    },
  );

test('what is listed while events commit has no aggregate twice', async (t) => {
  const ids = Array.from({ length: 250 }, () => anId());
  await busy.store().commitEvents(ids.flatMap((id) => aHistory(id, 1)));
  const seen: string[] = [];
  for await (const { aggregateId } of listAggregates(busy)) {
    seen.push(aggregateId.hex);
    if (seen.length % 50 === 0) await busy.store().commitEvents(aHistory(anId(), 1));
  }
  t.is(new Set(seen).size, seen.length);
  t.true(ids.every(({ hex }) => seen.includes(hex)));
});
