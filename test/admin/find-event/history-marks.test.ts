import { randomBytes } from 'node:crypto';
import test from 'ava';
import { historyMarks } from '../../../src/admin/find-event/history-marks.js';
import { timesOfEvents } from '../../../src/admin/find-event/times-of-events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { anId } from '../../support/data/factories.js';
import { aHistoryOf } from '../../support/data/histories.js';
import { useTestDatabase } from '../../support/database.js';

const database = useTestDatabase(test, { partitions: 16 });

/** A history that begins with a gap, has another one, and an inverted clock; its marks without their timestamps. */
async function aBrokenHistory() {
  const times = [1000, 2000, 500, 3000, 4000];
  const sequences = [3, 4, 5, 8, 9];
  // Aggregates may share a partition, in which each timestamp is there once.
  const nodeId = randomBytes(8).readBigUInt64BE();
  const id = await aHistoryOf(
    database.store(),
    times.map((time, index) => ({ timestamp: Timestamp.of({ time, nodeId }), sequence: sequences[index] as number })),
  );
  return { id, times };
}

async function marksOf(id: Timestamp, range: Parameters<typeof historyMarks>[2]) {
  const { marks, upTo } = await historyMarks(database, id, range);
  return [marks.map(({ sequence, gapAfter, isEarlier }) => [sequence, gapAfter, isEarlier]), upTo];
}

test('missing events and inverted clocks are found, also before the first event', async (t) => {
  const { id } = await aBrokenHistory();
  const all = [
    [3, 0, false],
    [5, undefined, true],
    [8, 5, false],
  ];
  t.deepEqual(await marksOf(id, { after: 0, events: 100, marks: 100 }), [all, 9]);
  t.deepEqual(await marksOf(id, { after: 9, events: 100, marks: 100 }), [[], 9]);
  t.deepEqual(await marksOf(anId(), { after: 0, events: 100, marks: 100 }), [[], 0]);
});

test('a part ends after so many events or marks, and the next one goes on behind it', async (t) => {
  const { id } = await aBrokenHistory();
  const parts = async (events: number, marks: number) => {
    const found: unknown[] = [];
    let after = 0;
    for (
      let part = await marksOf(id, { after, events, marks });
      part[1] !== after;
      part = await marksOf(id, { after, events, marks })
    ) {
      found.push(...(part[0] as unknown[]));
      after = part[1] as number;
    }
    return found;
  };
  const [all] = await marksOf(id, { after: 0, events: 100, marks: 100 });
  t.is((await marksOf(id, { after: 0, events: 2, marks: 100 }))[1], 4);
  for (const events of [1, 2, 3]) t.deepEqual(await parts(events, 100), all, `${events} events`);
  for (const marks of [1, 2]) t.deepEqual(await parts(100, marks), all, `${marks} marks`);
});

test('events have their times; those that are missing have none', async (t) => {
  const { id } = await aBrokenHistory();
  t.deepEqual(await timesOfEvents(database, id, [9, 3, 7]), [
    { sequence: 3, time: 1000 },
    { sequence: 9, time: 4000 },
  ]);
  t.deepEqual(await timesOfEvents(database, id, []), []);
});
