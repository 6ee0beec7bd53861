import test from 'ava';
import { InvalidArgumentError } from '../../src/errors.js';
import { type CommittedEvent, MAX_SEQUENCE, type NewEvent, type StoredEvent } from '../../src/events.js';
import { Clock } from '../../src/hlc/clock.js';
import { ClockDriftError } from '../../src/hlc/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { err, ok } from '../../src/result.js';
import { appendEvents, placeAfter } from '../../src/store/append.js';
import { SequenceConflictError } from '../../src/store/errors.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';

const database = useTestDatabase(test);
const draft = { type: 'happened', body: {} };

test('each event is appended with its own metadata', async (t) => {
  const id = anId();
  const store = database.store();
  const drafts = [draft, { ...draft, metadata: { userId: 'ada' } }, { ...draft, metadata: {} }];
  const appended = await appendEvents(store, new Clock(), id, drafts);
  t.deepEqual(await store.getEvents(id, 1), appended);
  t.deepEqual(
    appended.map(({ metadata }) => metadata),
    [undefined, { userId: 'ada' }, undefined],
  );
});

test('an aggregate that should be empty but is not is a conflict', async (t) => {
  const id = anId();
  await appendEvents(database.store(), new Clock(), id, [draft], { expect: 0 });
  await t.throwsAsync(appendEvents(database.store(), new Clock(), id, [draft], { expect: 0 }), {
    instanceOf: SequenceConflictError,
    message: /expected to be 0, but it is 1/,
  });
});

test('new events are later than a last one that was written by a clock ahead of ours', async (t) => {
  const id = anId();
  const store = database.store();
  const ahead = Timestamp.of({ time: Date.now() + 120_000, counter: 7 });
  await store.commitEvents([anEvent(id, { timestamp: ahead })]);
  const [event] = await appendEvents(store, new Clock(), id, [draft]);
  t.true((event?.timestamp.compare(ahead) ?? 0) > 0);
});

test('a last event beyond the drift limit is refused, and nothing is written', async (t) => {
  const id = anId();
  const store = database.store();
  await store.commitEvents([anEvent(id, { timestamp: Timestamp.of({ time: Date.now() + 600_000 }) })]);
  await t.throwsAsync(appendEvents(store, new Clock(), id, [draft]), { instanceOf: ClockDriftError });
  t.is((await store.getEvents(id, 1)).length, 1);
});

/** A store of one aggregate whose next sequence others take a number of times before it can be had. */
function aContestedStore(taken: number, last?: StoredEvent) {
  const calls = { reads: 0, commits: [] as NewEvent[][] };
  const store: Parameters<typeof appendEvents>[0] = {
    getLastEvent: async () => {
      calls.reads += 1;
      return last;
    },
    commitEvents: async (events) => {
      calls.commits.push([...events]);
      return calls.commits.length > taken ? ok(events as CommittedEvent[]) : err('retry_command');
    },
  };
  return { store, calls };
}

test('what others keep taking is tried as often as it is allowed, each time after what is last then', async (t) => {
  const id = anId();
  const { store, calls } = aContestedStore(2);
  const events = await appendEvents(store, new Clock(), id, [draft, draft], { maxAttempts: 3 });
  t.is(calls.reads, 3);
  t.deepEqual(
    calls.commits.map((commit) => commit.map(({ sequence }) => sequence)),
    [
      [1, 2],
      [1, 2],
      [1, 2],
    ],
  );
  t.deepEqual(events, calls.commits[2] as unknown as CommittedEvent[]);

  const never = aContestedStore(Number.POSITIVE_INFINITY);
  const error = await t.throwsAsync(appendEvents(never.store, new Clock(), id, [draft], { maxAttempts: 3 }), {
    instanceOf: SequenceConflictError,
    message: `Other writers took the next sequence of ${id.hex} 3 times; nothing was committed.`,
  });
  t.is(never.calls.commits.length, 3);
  t.like(error, { aggregateId: id.hex, expected: undefined });
});

test.serial('a hundred attempts are made when no other number is given', async (t) => {
  const { random } = Math;
  t.teardown(() => {
    Math.random = random;
  });
  Math.random = () => 0;
  const { store, calls } = aContestedStore(99);
  await appendEvents(store, new Clock(), anId(), [draft]);
  t.is(calls.commits.length, 100);
});

test('who expects a last sequence is told which one another writer has made it, and one attempt that failed alone is repeated', async (t) => {
  const id = anId();
  const store = new MemoryStore();
  const [faster] = await appendEvents(store, new Clock(), id, [draft]);
  const error = await t.throwsAsync(appendEvents(behind(store), new Clock(), id, [draft], { expect: 0 }), {
    instanceOf: SequenceConflictError,
    message: `The last sequence of ${id.hex} was expected to be 0, but it is 1; nothing was committed.`,
  });
  t.like(error, { aggregateId: id.hex, expected: 0, found: 1 });
  t.deepEqual(await store.getEvents(id), [faster] as CommittedEvent[]);

  const contested = aContestedStore(1);
  await appendEvents(contested.store, new Clock(), id, [draft], { expect: 0 });
  t.is(contested.calls.commits.length, 2);
});

/** A store whose first answer about the last event is that there is none. */
function behind(store: MemoryStore): Pick<MemoryStore, 'commitEvents' | 'getLastEvent'> {
  let isFirst = true;
  return {
    commitEvents: (events, options) => store.commitEvents(events, options),
    getLastEvent: async (id, options) => {
      const last = isFirst ? undefined : await store.getLastEvent(id, options);
      isFirst = false;
      return last;
    },
  };
}

test('what is expected is a sequence, or 0', async (t) => {
  for (const expect of [-1, 1.5, Number.NaN, 2 ** 31]) {
    const { store, calls } = aContestedStore(0);
    await t.throwsAsync(appendEvents(store, new Clock(), anId(), [draft], { expect }), {
      instanceOf: InvalidArgumentError,
      message: `expect must be a sequence, or 0 for no events; got ${expect}.`,
    });
    t.is(calls.reads, 0);
  }
});

test('events have contiguous sequences and later and later times, however far ahead the last one was', (t) => {
  const id = anId();
  const physicalTime = () => 1000;
  for (const last of [
    Timestamp.of({ time: 2000, counter: 9 }),
    Timestamp.of({ time: 1000, counter: 3 }),
    Timestamp.of({ time: 999 }),
    undefined,
  ]) {
    const clock = new Clock({ physicalTime });
    const events = placeAfter(clock, id, { sequence: 7, timestamp: last }, [
      draft,
      { type: 'b', body: { n: 1 } },
      draft,
    ]);
    t.deepEqual(
      events.map(({ aggregateId, sequence, type, body }) => [aggregateId, sequence, type, body]),
      [
        [id, 8, 'happened', {}],
        [id, 9, 'b', { n: 1 }],
        [id, 10, 'happened', {}],
      ],
    );
    for (const [index, { timestamp }] of events.entries()) {
      const before = index === 0 ? last : events[index - 1]?.timestamp;
      if (before !== undefined) t.true(timestamp.compare(before) > 0);
    }
  }
});

test('the very timestamp of the last event is not given again', (t) => {
  const options = { nodeId: 1n, physicalTime: () => 1000 };
  const timestamp = new Clock(options).now();
  const [event] = placeAfter(new Clock(options), anId(), { sequence: 1, timestamp }, [draft]);
  t.true((event?.timestamp.compare(timestamp) ?? 0) > 0);
});

test('a clock that is later than the last event is taken as it is', (t) => {
  const clock = new Clock({ physicalTime: () => 1000, maxDrift: 0 });
  const [event, next] = placeAfter(clock, anId(), { sequence: 1, timestamp: Timestamp.of({ time: 999 }) }, [
    draft,
    draft,
  ]);
  t.deepEqual([event?.timestamp.counter, next?.timestamp.counter], [0, 1]);
});

test('the last sequence there can be is given, and no further one', (t) => {
  const last = { sequence: MAX_SEQUENCE - 2, timestamp: undefined };
  t.deepEqual(
    placeAfter(new Clock(), anId(), last, [draft, draft]).map(({ sequence }) => sequence),
    [MAX_SEQUENCE - 1, MAX_SEQUENCE],
  );
  t.throws(() => placeAfter(new Clock(), anId(), last, [draft, draft, draft]), {
    instanceOf: InvalidArgumentError,
    message: `After sequence ${MAX_SEQUENCE - 2} there is no room for 3 more events.`,
  });
});

test('an earlier event whose clock was ahead is followed, too', async (t) => {
  const id = anId();
  const store = database.store();
  const ahead = Timestamp.of({ time: Date.now() + 60_000 });
  await store.commitEvents([anEvent(id, { sequence: 1, timestamp: ahead }), anEvent(id, { sequence: 2 })]);
  const [event] = await appendEvents(store, new Clock(), id, [draft]);
  t.is(event?.sequence, 3);
  t.true((event?.timestamp.compare(ahead) ?? 0) > 0);
});

test('an earlier event beyond the drift limit does not count, and the clock is taken as it is', (t) => {
  const clock = new Clock({ physicalTime: () => 1_000_000 });
  const latest = { sequence: 1, timestamp: Timestamp.of({ time: 1_000_000 + 3_600_000 }) };
  const last = { sequence: 2, timestamp: Timestamp.of({ time: 999 }), latest };
  const times = placeAfter(clock, anId(), last, [draft, draft]).map(({ timestamp }) => timestamp.time);
  t.deepEqual(times, [1_000_000, 1_000_000]);
});

test('what is appended in a transaction is seen in it, and gone when that is rolled back', async (t) => {
  const id = anId();
  const store = database.store();
  const undone = new Error('undone');
  await t.throwsAsync(
    database.knex.transaction(async (transaction) => {
      await appendEvents(store, new Clock(), id, [draft], { transaction });
      const [second] = await appendEvents(store, new Clock(), id, [draft], { transaction });
      t.is(second?.sequence, 2);
      throw undone;
    }),
    { is: undone },
  );
  t.deepEqual(await store.getEvents(id, 1), []);
});
