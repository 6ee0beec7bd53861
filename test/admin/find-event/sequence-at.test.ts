import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { sequenceAt } from '../../../src/admin/find-event/sequence-at.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistoryOf, clocks } from '../../support/data/histories.js';

const database = useTestDatabase(test, { partitions: 3 });

/** Stores a history with these timestamps and with gaps between its sequences; what was stored. */
async function aHistoryAt(timestamps: readonly Timestamp[], gaps: readonly number[]) {
  let sequence = 0;
  const events = timestamps.map((timestamp, index) => {
    sequence += 1 + (gaps[index] ?? 0);
    return { timestamp, sequence };
  });
  return { id: await aHistoryOf(database.store(), events), events };
}

const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 });
const time = fc.integer({ min: 0, max: 7 }).map((seconds) => Timestamp.of({ time: seconds * 1000, nodeId: 1n }));

testProp(
  'in a long history whose times are in order the sequence at a time is the same as in a short one',
  [clocks({ minLength: 1 }), gaps, time],
  async (t, timestamps, between, at) => {
    const sorted = timestamps.toSorted((a, b) => a.compare(b));
    const { id } = await aHistoryAt(sorted, between);
    const few = await sequenceAt(database, id, at);
    t.is(await sequenceAt(database, id, at, 0), few);
  },
  { numRuns: 100 },
);

testProp(
  'where clocks ran backwards, a long history has a sequence at which its events are not later and the next one is',
  [clocks({ minLength: 1 }), gaps, time],
  async (t, timestamps, between, at) => {
    const { id, events } = await aHistoryAt(timestamps, between);
    const found = await sequenceAt(database, id, at, 0);
    const index = events.findIndex(({ sequence }) => sequence === found);
    t.is(index === -1, found === 0);
    const isLater = (place: number) => (events[place]?.timestamp.compare(at) ?? -1) > 0;
    t.false(isLater(index), `${found}`);
    if (index + 1 < events.length) t.true(isLater(index + 1), `${found}`);
  },
  { numRuns: 100 },
);

test('an aggregate without events has none at any time', async (t) => {
  t.is(await sequenceAt(database, Timestamp.of({ time: 1, nodeId: 1n }), Timestamp.of({ time: 2, nodeId: 1n })), 0);
});
