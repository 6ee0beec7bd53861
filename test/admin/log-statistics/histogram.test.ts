import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { eventHistogram } from '../../../src/admin/log-statistics/histogram.js';
import { InvalidJsonPathError } from '../../../src/admin/search-events/json-path.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { useTestDatabase } from '../../support/database.js';
import {
  fillSampleLog,
  type LoggedEvent,
  matches,
  sampleFilters,
  type SampleLog,
} from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const large = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const empty = useTestDatabase(test);
const logs = new Map<string, SampleLog>();
/** Times around those of the sample log, and those of the large one. */
const [FROM, TO] = [1_699_999_999_990, 1_700_000_000_410];
const LARGE = { events: 20_000, first: 1_700_000_000_000 };

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
  for (const { knex, schema } of Object.values(large))
    await knex.raw(
      `INSERT INTO "${schema}".event_log
SELECT decode(lpad(to_hex(?::bigint + n * 10), 12, '0') || '00000000000000000001', 'hex'),
  decode(lpad(to_hex(n % 50), 32, '0'), 'hex'), n / 50 + 1, CASE n % 4 WHEN 0 THEN 'rare' ELSE 'usual' END, '{"a": 1}'
FROM generate_series(0, ? - 1) AS n ORDER BY 1`,
      [LARGE.first, LARGE.events],
    );
});

function byType(events: readonly LoggedEvent[]) {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .map(([type, count]) => ({ type, events: count }))
    .sort((a, b) => b.events - a.events || (a.type < b.type ? -1 : 1));
}

for (const [layout, database] of Object.entries(layouts))
  testProp(
    `each interval has the events between its times, ${layout} layout`,
    [sampleFilters(), fc.integer({ min: 3, max: 500 })],
    async (t: ExecutionContext, { types, since = FROM, until = TO }, interval) => {
      const { events } = logs.get(layout) as SampleLog;
      fc.pre(since <= until);
      const found = await eventHistogram(database, { since, until, interval, types });

      const begin = Math.floor(since / interval) * interval;
      t.is(found.begin, begin);
      t.deepEqual(
        found.counts,
        found.counts.map((_, index) => {
          const from = begin + index * interval;
          const within = { types, since: Math.max(since, from), until: Math.min(until, from + interval - 1) };
          return events.filter((event) => matches(event, within)).length;
        }),
      );
      t.true(begin + found.counts.length * interval > until);
      t.deepEqual(found.types, byType(events.filter((event) => matches(event, { since, until }))));
      t.is(found.sampled, undefined);
    },
    { numRuns: 25 },
  );

test('only events that a jsonpath and a text allow are counted', async (t) => {
  const { events } = logs.get('plain') as SampleLog;
  const range = { since: FROM, until: TO, interval: 1000 };
  const found = await eventHistogram(layouts.plain, { ...range, where: '$.n > 5', text: 'deposit' });
  const expected = events.filter(({ type, body: { n = 0 } }) => type === 'deposited' && n > 5).length;
  t.true(expected > 0);
  t.is(
    found.counts.reduce((sum, count) => sum + count, 0),
    expected,
  );
  t.deepEqual(found.types, [{ type: 'deposited', events: expected }]);
  await t.throwsAsync(eventHistogram(layouts.plain, { ...range, where: '$.n >' }), {
    instanceOf: InvalidJsonPathError,
  });
});

for (const [layout, database] of Object.entries(large)) {
  const range = { since: LARGE.first, until: LARGE.first + LARGE.events * 10 - 1, interval: 10_000 };

  test(`of more events than are counted, a sample tells about how many there are, ${layout} layout`, async (t) => {
    const query = { ...range, types: ['rare'], budget: { events: 1000, pages: 40 } };
    const found = await eventHistogram(database, query);
    const sum = found.counts.reduce((total, count) => total + count, 0);
    t.true(found.sampled !== undefined && found.sampled > 0 && found.sampled < LARGE.events);
    // The sample is the same each time, and its pages are chosen one by one, so the number of them varies.
    t.true(sum > (LARGE.events / 4) * 0.4 && sum < (LARGE.events / 4) * 1.8, `${sum}`);
    t.deepEqual(
      found.types.map(({ type }) => type),
      ['usual', 'rare'],
    );
    t.deepEqual(await eventHistogram(database, query), found);
  });

  test(`all are counted where the sample would be the whole table, ${layout} layout`, async (t) => {
    const found = await eventHistogram(database, { ...range, budget: { events: 1000, pages: 1_000_000 } });
    t.is(found.sampled, undefined);
    t.deepEqual(found.counts, new Array<number>(20).fill(1000));
    t.deepEqual(found.types, [
      { type: 'usual', events: 15_000 },
      { type: 'rare', events: 5000 },
    ]);
  });
}

test('an empty log has intervals without events', async (t) => {
  const found = await eventHistogram(empty, { since: 0, until: 5, interval: 2 });
  t.deepEqual(found, { begin: 0, interval: 2, counts: [0, 0, 0], types: [], sampled: undefined });
});

test('a range without intervals, or with more than can be shown, is refused', async (t) => {
  for (const query of [
    { since: 5, until: 1, interval: 1 },
    { since: 0, until: 10, interval: 0 },
    { since: 0, until: 10, interval: 0.5 },
    { since: 0, until: 1000, interval: 1 },
  ])
    await t.throwsAsync(eventHistogram(empty, query), { instanceOf: InvalidArgumentError });
});
