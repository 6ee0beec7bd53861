import test, { type ExecutionContext } from 'ava';
import { type EventHead, findEvent, neighbours } from '../../../src/admin/find-event/find-event.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';
import { fillSampleLog, inLogOrder, type LoggedEvent, type SampleLog } from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const empty = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

function assertHead(t: ExecutionContext, head: EventHead | undefined, expected: LoggedEvent | undefined): void {
  t.deepEqual(head, expected && headOf(expected));
}

function headOf({ timestamp, aggregateId, sequence, type }: LoggedEvent): EventHead {
  return { timestamp, aggregateId, sequence, type };
}

/** Every so many of the events of a log, and the first and the last. */
function some(all: readonly LoggedEvent[]): number[] {
  return [...all.keys()].filter((index) => index % 60 === 0 || index === all.length - 1);
}

for (const [layout, database] of Object.entries(layouts)) {
  test(`an event is found with its neighbours in its aggregate and in the log, ${layout} layout`, async (t) => {
    const { events } = logs.get(layout) as SampleLog;
    const all = events.toSorted(inLogOrder);
    for (const index of some(all)) {
      const { timestamp } = all[index] as LoggedEvent;
      const first = all.findIndex((event) => event.timestamp.hex === timestamp.hex);
      const expected = all[first] as LoggedEvent;
      const history = events
        .filter(({ aggregateId }) => aggregateId.hex === expected.aggregateId.hex)
        .sort((a, b) => a.sequence - b.sequence);
      const place = history.indexOf(expected);

      const found = await findEvent(database, timestamp);

      t.deepEqual(found && headOf({ ...found.event, body: {} }), headOf(expected));
      t.deepEqual(JSON.parse(found?.event.body ?? ''), expected.body);
      assertHead(t, found?.previous, history[place - 1]);
      assertHead(t, found?.next, history[place + 1]);
      assertHead(t, found?.before, all[first - 1]);
      assertHead(t, found?.after, all[first + 1]);
    }
  });

  test(`where there is no event the neighbours are the nearest before and behind, ${layout} layout`, async (t) => {
    const all = (logs.get(layout) as SampleLog).events.toSorted(inLogOrder);
    for (const index of some(all)) {
      const { time, counter } = (all[index] as LoggedEvent).timestamp;
      // No event of the sample log has this node id, which is later than any.
      const timestamp = Timestamp.of({ time, counter, nodeId: 99n });
      const { before, after } = await neighbours(database, { timestamp });
      const next = all.findIndex((event) => event.timestamp.compare(timestamp) > 0);
      assertHead(t, before, next < 0 ? all.at(-1) : all[next - 1]);
      assertHead(t, after, all[next]);
      t.is(await findEvent(database, timestamp), undefined);
    }
  });
}

test('events that share a timestamp are each other’s neighbours', async (t) => {
  const { partitioned } = layouts;
  const all = (logs.get('partitioned') as SampleLog).events.toSorted(inLogOrder);
  const index = all.findIndex(({ timestamp }, at) => timestamp.hex === all[at + 1]?.timestamp.hex);
  const [first, second] = [all[index], all[index + 1]] as [LoggedEvent, LoggedEvent];
  const found = await findEvent(partitioned, first.timestamp);
  t.is(found?.event.aggregateId.hex, first.aggregateId.hex);
  assertHead(t, found?.after, second);
  assertHead(t, (await neighbours(partitioned, second)).before, first);
});

test('an empty log has no event and no neighbours', async (t) => {
  t.is(await findEvent(empty, anId()), undefined);
  t.deepEqual(await neighbours(empty, { timestamp: anId() }), { before: undefined, after: undefined });
});
