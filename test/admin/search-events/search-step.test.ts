import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { searchStep } from '../../../src/admin/search-events/search-step.js';
import type { EventSearch } from '../../../src/admin/search-events/event-search.js';
import type { StoredEvent } from '../../../src/events.js';
import { useTestDatabase } from '../../support/database.js';
import { fillSampleLog, inLogOrder, matches, sampleFilters, type SampleLog } from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

for (const [layout, database] of Object.entries(layouts))
  testProp(
    `steps find together what a search finds, and none takes more than it may, ${layout} layout`,
    [sampleFilters(), fc.boolean(), fc.integer({ min: 40, max: 900 }), fc.integer({ min: 100, max: 900 })],
    async (t: ExecutionContext, filter, reverse, limit, looked) => {
      const { events } = logs.get(layout) as SampleLog;
      const found: StoredEvent[] = [];
      let after: EventSearch['after'];
      do {
        const step = await searchStep(database, { ...filter, reverse, after }, { limit, looked });
        t.true(step.events.length <= limit);
        found.push(...step.events);
        after = step.next;
      } while (after !== undefined);

      const expected = events.filter((event) => matches(event, filter)).sort(inLogOrder);
      if (reverse) expected.reverse();
      const names = (list: readonly Pick<StoredEvent, 'timestamp' | 'aggregateId'>[]) =>
        list.map(({ timestamp, aggregateId }) => `${timestamp.hex} ${aggregateId.hex}`);
      t.deepEqual(names(found), names(expected));
    },
    { numRuns: 15 },
  );

test('a step ends where nothing matches, and says where the next one begins', async (t) => {
  const [first, second] = [...(logs.get('plain') as SampleLog).events].sort(inLogOrder);
  const step = await searchStep(layouts.plain, { types: ['never'] }, { limit: 5, looked: 2 });
  t.deepEqual(step.events, []);
  t.is(step.next?.timestamp.hex, second?.timestamp.hex);
  t.not(step.next?.timestamp.hex, first?.timestamp.hex);
});
