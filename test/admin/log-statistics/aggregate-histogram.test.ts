import test from 'ava';
import { aggregateHistogram } from '../../../src/admin/log-statistics/aggregate-histogram.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const FIRST = 1_700_000_000_000;
const id = anId();
/** A thousand events, one each second; between them those of another aggregate. */
const events = Array.from({ length: 1000 }, (_, index) =>
  anEvent(id, { timestamp: Timestamp.of({ time: FIRST + index * 1000, nodeId: 7n }), sequence: index + 1 }),
);

test.before(async () => {
  const other = anEvent(anId(), { timestamp: Timestamp.of({ time: FIRST + 500, nodeId: 8n }) });
  for (const database of Object.values(layouts)) await database.store().commitEvents([...events, other]);
});

for (const [layout, database] of Object.entries(layouts)) {
  const query = { aggregateId: id, last: 1000, since: FIRST, until: FIRST + 999_000, interval: 100_000 };

  test(`the events of one aggregate are counted by interval, ${layout} layout`, async (t) => {
    const { intervals, each } = await aggregateHistogram(database, query);
    t.is(each, 1);
    t.deepEqual(
      intervals.map(({ time, read, sequence }) => [time, read, sequence]),
      Array.from({ length: 10 }, (_, index) => [FIRST + index * 100_000, 100, index * 100 + 1]),
    );
    t.true(intervals.every(({ timestamp }) => timestamp === undefined));
  });

  test(`an event that is alone in its interval has its timestamp, ${layout} layout`, async (t) => {
    const few = { ...query, since: FIRST + 1000, until: FIRST + 3000, interval: 1000 };
    const { intervals } = await aggregateHistogram(database, few);
    t.deepEqual(
      intervals.map(({ sequence, timestamp }) => [sequence, timestamp?.hex]),
      events.slice(1, 4).map(({ sequence, timestamp }) => [sequence, timestamp.hex]),
    );
  });

  test(`of a long history every so many events are read, ${layout} layout`, async (t) => {
    const { intervals, each } = await aggregateHistogram(database, { ...query, most: 50 });
    t.is(each, 20);
    t.deepEqual(
      intervals.map(({ read, sequence }) => [read, sequence]),
      Array.from({ length: 10 }, (_, index) => [5, index * 100 + 1]),
    );
  });
}

test('an interval that has no length is refused', async (t) => {
  const query = { aggregateId: id, last: 1, since: 0, until: 1, interval: 0 };
  await t.throwsAsync(aggregateHistogram(layouts.plain, query), { instanceOf: InvalidArgumentError });
});
