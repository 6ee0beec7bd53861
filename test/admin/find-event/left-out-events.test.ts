import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { leftOutEvents } from '../../../src/admin/find-event/left-out-events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';
import { aHistoryOf, clocks } from '../../support/data/histories.js';

const database = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });

for (const [layout, log] of Object.entries({ plain: database, partitioned }))
  testProp(
    `of the events after a sequence, those whose clock is not later than a reading are told (${layout})`,
    [clocks({ minLength: 1 }), fc.nat(13), fc.integer({ min: 0, max: 7 }), fc.nat(3)],
    async (t, readings, sequence, second, counter) => {
      const id = await aHistoryOf(
        log.store(),
        readings.map((timestamp) => ({ timestamp })),
      );
      const until = Timestamp.of({ time: second * 1000, counter, nodeId: readings[0]?.nodeId ?? 0n });
      const earlier = readings.flatMap((reading, index) =>
        index + 1 > sequence && reading.compare(until) <= 0 ? [index + 1] : [],
      );
      t.deepEqual(
        await leftOutEvents(log, id, sequence, until),
        earlier.length === 0 ? undefined : { count: earlier.length, sequence: earlier[0] },
      );
    },
    { numRuns: 30 },
  );

test('other aggregates are not looked at, and one that is not there has none', async (t) => {
  const [until, id] = [Timestamp.of({ time: 2 ** 48 - 1 }), await aHistoryOf(database.store(), [{}, {}])];
  t.deepEqual(await leftOutEvents(database, id, 0, until), { count: 2, sequence: 1 });
  t.is(await leftOutEvents(database, anId(), 0, until), undefined);
});
