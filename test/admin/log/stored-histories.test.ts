import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { storedHistories } from '../../../src/admin/log/stored-histories.js';
import { useTestDatabase } from '../../support/database.js';
import { fillSampleLog, type SampleLog } from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

for (const [layout, database] of Object.entries(layouts))
  testProp(
    `histories come in the order of ids, each with as many of its events as are taken, ${layout} layout`,
    [fc.infiniteStream(fc.constantFrom(0, 1, 3, Number.POSITIVE_INFINITY))],
    async (t, wanted) => {
      const { events } = logs.get(layout) as SampleLog;
      const ids = [...new Set(events.map(({ aggregateId }) => aggregateId.hex))].sort();
      const found: string[] = [];
      const expected: string[] = [];
      for await (const history of storedHistories(database)) {
        const most = wanted.next().value as number;
        const id = ids.shift() ?? '';
        t.is(history.aggregateId.hex, id);
        let taken = 0;
        if (most > 0)
          for await (const { aggregateId, sequence } of history.events) {
            found.push(`${aggregateId.hex} ${sequence}`);
            if ((taken += 1) === most) break;
          }
        const all = events.filter(({ aggregateId }) => aggregateId.hex === id).map(({ sequence }) => sequence);
        expected.push(
          ...all
            .sort((a, b) => a - b)
            .slice(0, most)
            .map((sequence) => `${id} ${sequence}`),
        );
      }
      t.deepEqual(found, expected);
      t.deepEqual(ids, []);
    },
    { numRuns: 6 },
  );
