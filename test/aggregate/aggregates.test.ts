import test from 'ava';
import { openAggregates } from '../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import { IncompleteHistoryError, InvalidHandlerError, RetryLimitError } from '../../src/aggregate/errors.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { Clock } from '../../src/hlc/clock.js';
import { ClockDriftError } from '../../src/hlc/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { err } from '../../src/result.js';
import { InvalidEventError } from '../../src/store/errors.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';
import { overriding } from '../support/servers/overriding.js';
import { recordQueries } from '../support/servers/record-queries.js';

const database = useTestDatabase(test);

const Counter = defineAggregate({
  name: 'counter',
  initialState: (): { value: number } => ({ value: 0 }),
  commands: {
    increment: (_state, data: { by: number }, { reject }) =>
      data.by > 0 ? [{ type: 'incremented', body: data }] : reject('not_positive'),
    decrement: ({ value }, data: { by: number }, { reject }) =>
      value < data.by ? reject({ reason: 'too_small', value }) : [{ type: 'incremented', body: { by: -data.by } }],
    check: () => [],
  },
  events: { incremented: (state, body: { by: number }) => ({ value: state.value + body.by }) },
});

const increment = (by: number) => ({ type: 'increment', data: { by } }) as const;

/** Counters on the server, and what they send. */
function recordedCounters() {
  const recorded = recordQueries(database.knex);
  return { counters: openAggregates(Counter, { store: database.store() }), recorded };
}

test('evaluate() gives the committed events, the state and the sequence', async (t) => {
  const store = database.store();
  const counters = openAggregates(Counter, { store });
  const id = counters.create();

  const first = await counters.evaluate(id, increment(2));
  const second = await counters.evaluate(id, increment(3));

  const events = await store.getEvents(id, 1);
  t.deepEqual<unknown, unknown>(first, { ok: true, value: { events: [events[0]], state: { value: 2 }, sequence: 1 } });
  t.deepEqual<unknown, unknown>(second, { ok: true, value: { events: [events[1]], state: { value: 5 }, sequence: 2 } });
});

test('evaluate() gives one part of it with `return`', async (t) => {
  const counters = openAggregates(Counter, { store: new MemoryStore() });
  const id = counters.create();
  t.deepEqual(await counters.evaluate(id, increment(2), { return: 'state' }), { ok: true, value: { value: 2 } });
  t.deepEqual(await counters.evaluate(id, increment(2), { return: 'sequence' }), { ok: true, value: 2 });
  const events = await counters.evaluate(id, increment(1), { return: 'events' });
  t.deepEqual(events.ok && events.value.map(({ type, sequence }) => [type, sequence]), [['incremented', 3]]);
  t.deepEqual(await counters.evaluate(id, increment(0), { return: 'events' }), { ok: false, error: 'not_positive' });
  await t.throwsAsync(counters.evaluate(id, increment(1), { return: 'all' as never }), { message: /"all"/ });
  t.deepEqual(await counters.fetch(id), { value: 5 }, 'nothing was done');
});

test('a rejection is a value, and commits nothing', async (t) => {
  const store = database.store();
  const counters = openAggregates(Counter, { store });
  const id = counters.create();
  t.deepEqual(await counters.evaluate(id, increment(-1)), { ok: false, error: 'not_positive' });
  t.deepEqual(await store.getEvents(id, 1), []);
});

test('a rejection is decided on what is in the log now, not on what this process knows', async (t) => {
  const store = database.store();
  const [here, there] = [openAggregates(Counter, { store }), openAggregates(Counter, { store })];
  const id = here.create();
  await here.evaluate(id, increment(1));
  await there.evaluate(id, increment(9));

  const enough = await here.evaluate(id, { type: 'decrement', data: { by: 10 } });
  t.like(enough, { ok: true, value: { state: { value: 0 }, sequence: 3 } });

  await there.evaluate(id, increment(4));
  const tooLittle = await here.evaluate(id, { type: 'decrement', data: { by: 5 } });
  t.deepEqual(tooLittle, { ok: false, error: { reason: 'too_small', value: 4 } });
});

test('a command without events gives the current state', async (t) => {
  const store = database.store();
  const [here, there] = [openAggregates(Counter, { store }), openAggregates(Counter, { store })];
  const id = here.create();
  await here.evaluate(id, increment(1));
  await there.evaluate(id, increment(1));
  t.deepEqual(await here.evaluate(id, { type: 'check' }), {
    ok: true,
    value: { events: [], state: { value: 2 }, sequence: 2 },
  });
});

test('get() may be behind, fetch() is not', async (t) => {
  const store = database.store();
  const [here, there] = [openAggregates(Counter, { store }), openAggregates(Counter, { store })];
  const id = here.create();
  await here.evaluate(id, increment(1));
  await there.evaluate(id, increment(1));
  t.deepEqual(await here.get(id), { value: 1 });
  t.deepEqual(await here.fetch(id), { value: 2 });
  t.deepEqual(await here.get(id), { value: 2 });
});

test('the first answer is given on the whole history', async (t) => {
  const store = database.store();
  const id = anId();
  await store.commitEvents(
    [1, 2, 3].map((sequence) => anEvent(id, { sequence, type: 'incremented', body: { by: 5 } })),
  );
  t.deepEqual(await openAggregates(Counter, { store }).get(id), { value: 15 });
  const decrement = { type: 'decrement', data: { by: 15 } } as const;
  t.like(await openAggregates(Counter, { store }).evaluate(id, decrement), { ok: true });
});

test('hydrating takes two queries, a command after that one', async (t) => {
  const store = database.store();
  const id = anId();
  await store.commitEvents(
    [1, 2, 3].map((sequence) => anEvent(id, { sequence, type: 'incremented', body: { by: 1 } })),
  );
  const { counters, recorded } = recordedCounters();
  t.teardown(recorded.stop);

  await counters.get(id);
  t.deepEqual(recorded.about(id), ['SELECT', 'SELECT']);
  await counters.evaluate(id, increment(1));
  await counters.evaluate(id, increment(1));
  await counters.get(id);
  t.deepEqual(recorded.about(id).slice(2), ['INSERT', 'INSERT']);
  t.deepEqual(await counters.fetch(id), { value: 5 });
  t.deepEqual(recorded.about(id).slice(4), ['SELECT'], 'reading what is new');
});

test('a long history is read in parts, to its end', async (t) => {
  const store = new MemoryStore();
  const id = anId();
  const length = 11_000;
  await store.commitEvents(
    Array.from({ length }, (_, n) => anEvent(id, { sequence: n + 1, type: 'incremented', body: { by: 1 } })),
  );
  const parts: number[] = [];
  const watched = overriding(store, {
    getEvents: async (...read) => {
      const events = await store.getEvents(...read);
      parts.push(events.length);
      return events;
    },
  });
  const counters = openAggregates(Counter, { store: watched });

  t.deepEqual(await counters.get(id), { value: length });
  t.true(Math.max(...parts) < length, String(parts));
  await counters.snapshot(id);
  t.deepEqual(await openAggregates(Counter, { store }).fetch(id), { value: length });
  t.deepEqual(await openAggregates(Counter, { store }).replay(id, length - 1), { value: length - 1 });
});

test('commands on one aggregate run one after another, in the order they came', async (t) => {
  const store = database.store();
  const counters = openAggregates(Counter, { store, maxAttempts: 1 });
  const id = counters.create();
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => counters.evaluate(id, increment(n + 1))));
  t.deepEqual(
    results.map((result) => result.ok && result.value.sequence),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  t.deepEqual(
    (await store.getEvents(id, 1)).map(({ body }) => body['by']),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
});

test('one that comes while others wait runs after them, also when nothing idle stays in memory', async (t) => {
  const counters = openAggregates(Counter, { store: database.store(), maxAttempts: 1, idle: { max: 0 } });
  const id = counters.create();
  const callers = Array.from({ length: 5 }, async () => {
    for (let n = 0; n < 4; n += 1) t.true((await counters.evaluate(id, increment(1))).ok);
  });
  await Promise.all(callers);
  t.deepEqual([await counters.fetch(id), counters.size], [{ value: 20 }, 0]);
});

test('a command that fails does not hold up the next', async (t) => {
  const counters = openAggregates(Counter, { store: new MemoryStore() });
  const id = counters.create();
  const results = await Promise.allSettled([
    counters.evaluate(id, { type: 'increment', data: { by: Number.NaN } }),
    counters.evaluate(id, { type: 'nope' } as never),
    counters.evaluate(id, increment(1)),
  ]);
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('after the last attempt the command fails, and says how often it was tried', async (t) => {
  const store = database.store();
  const id = anId();
  const other = openAggregates(Counter, { store });
  // Whenever this one has read, the other one writes.
  const unlucky = overriding(store, {
    commitAll: async (events, projections) => {
      await other.evaluate(id, increment(1));
      return await store.commitAll(events, projections);
    },
    // Its turn never comes.
    commitInTurn: () => Promise.resolve(undefined),
  });
  const counters = openAggregates(Counter, { store: unlucky, maxAttempts: 3 });

  const error = await t.throwsAsync(counters.evaluate(id, increment(100)), { instanceOf: RetryLimitError });

  t.like(error, { attempts: 3, aggregateId: id.hex, command: 'increment', code: 'MAESTRO_RETRY_LIMIT' });
  t.deepEqual(await other.fetch(id), { value: 3 });
});

test.serial('between attempts there is a pause, and neither before the first nor after the last', async (t) => {
  const { random } = Math;
  t.teardown(() => {
    Math.random = random;
  });
  const order: string[] = [];
  Math.random = () => {
    order.push('pause');
    return 0;
  };
  const store = overriding(new MemoryStore(), {
    commitAll: async () => {
      order.push('commit');
      return err('retry_command');
    },
  });
  const counters = openAggregates(Counter, { store, maxAttempts: 3 });
  await t.throwsAsync(counters.evaluate(counters.create(), increment(1)), { instanceOf: RetryLimitError });
  t.deepEqual(order, ['commit', 'pause', 'commit', 'pause', 'commit']);
});

test('a command without events commits nothing', async (t) => {
  const store = overriding(new MemoryStore(), { commitAll: () => t.fail() });
  const counters = openAggregates(Counter, { store });
  t.true((await counters.evaluate(counters.create(), { type: 'check' })).ok);
});

test('one that leaves memory is stored only when it has moved since its snapshot, or was read at all', async (t) => {
  const memory = new MemoryStore();
  const stored: number[] = [];
  const broken = new Error('broken');
  let isBroken = false;
  const store = overriding(memory, {
    commitSnapshot: async (snapshot) => {
      stored.push(snapshot.sequence);
      return await memory.commitSnapshot(snapshot);
    },
    getSnapshot: async (...range) => {
      if (isBroken) throw broken;
      return await memory.getSnapshot(...range);
    },
  });
  const counters = openAggregates(Counter, { store, idle: { max: 0, snapshot: true } });
  const id = counters.create();
  await counters.evaluate(id, increment(1));
  await counters.fetch(id);
  t.deepEqual(await counters.fetch(id), { value: 1 });
  await counters.evaluate(id, increment(1));
  t.deepEqual(stored, [1, 2]);
  isBroken = true;
  t.is(await t.throwsAsync(counters.fetch(id)), broken);
});

test('a retry reads only what is new, and decides on it', async (t) => {
  const store = database.store();
  const [here, there] = [openAggregates(Counter, { store }), openAggregates(Counter, { store })];
  const id = here.create();
  await here.evaluate(id, increment(1));
  await there.evaluate(id, increment(10));
  const read: unknown[] = [];
  const watching = overriding(store, {
    getEvents: (aggregateId, min, options) => {
      read.push(min);
      return store.getEvents(aggregateId, min, options);
    },
    commitInTurn: (turn) => {
      read.push(turn.read.minSequence);
      return store.commitInTurn(turn);
    },
  });
  const watched = openAggregates(Counter, { store: watching });
  await watched.get(id);
  await there.evaluate(id, increment(100));

  const result = await watched.evaluate(id, increment(1000));

  t.like(result, { ok: true, value: { sequence: 4, state: { value: 1111 } } });
  t.deepEqual(read, [1, 3]);
});

test('after a commit that may or may not have happened, the next command is decided on what is in the log', async (t) => {
  const store = database.store();
  const id = anId();
  let isBroken = true;
  const breaking = overriding(store, {
    commitAll: async (events, projections) => {
      const result = await store.commitAll(events, projections);
      if (!isBroken) return result;
      isBroken = false;
      throw new Error('the connection broke');
    },
  });
  const counters = openAggregates(Counter, { store: breaking, maxAttempts: 1 });
  await t.throwsAsync(counters.evaluate(id, increment(1)), { message: 'the connection broke' });
  t.like(await counters.evaluate(id, increment(10)), { ok: true, value: { sequence: 2, state: { value: 11 } } });
});

test('new events are later than a last one that was written by a clock ahead of this one', async (t) => {
  const store = database.store();
  const id = anId();
  const ahead = openAggregates(Counter, { store, clock: new Clock({ physicalTime: () => Date.now() + 200_000 }) });
  await ahead.evaluate(id, increment(1));
  await openAggregates(Counter, { store }).evaluate(id, increment(1));
  const [first, second] = await store.getEvents(id, 1);
  t.is(second?.timestamp.compare(first?.timestamp ?? id), 1);
});

test('a last event that is further ahead than the clock accepts is a clear error, and reading still works', async (t) => {
  const store = database.store();
  const id = anId();
  const ahead = openAggregates(Counter, { store, clock: new Clock({ physicalTime: () => Date.now() + 400_000 }) });
  await ahead.evaluate(id, increment(1));
  const counters = openAggregates(Counter, { store });
  await t.throwsAsync(counters.evaluate(id, increment(1)), {
    instanceOf: ClockDriftError,
    message: new RegExp(
      `^Event 1 of ${id.hex}: its timestamp .* is 6(\\.\\d)? minutes ahead of this machine's clock; at most 5 minutes`,
    ),
  });
  t.deepEqual(await counters.fetch(id), { value: 1 });
  t.is((await store.getEvents(id, 1)).length, 1);
});

test('replay() and replayAt() give the state of the past', async (t) => {
  const store = new MemoryStore();
  let now = 1_000_000;
  const counters = openAggregates(Counter, { store, clock: new Clock({ physicalTime: () => now }) });
  const id = counters.create();
  for (let n = 1; n <= 3; n += 1) {
    now += 1000;
    await counters.evaluate(id, increment(n));
  }
  const states = await Promise.all([0, 1, 2, 3, 4].map((sequence) => counters.replay(id, sequence)));
  t.deepEqual(
    states.map(({ value }) => value),
    [0, 1, 3, 6, 6],
  );
  const times = [1_000_999, 1_001_000, new Date(1_002_999), 1_003_000, Number.POSITIVE_INFINITY];
  t.deepEqual(
    (await Promise.all(times.map((time) => counters.replayAt(id, time)))).map(({ value }) => value),
    [0, 1, 3, 6, 6],
  );
  const [, second] = await store.getEvents(id, 1);
  t.deepEqual(await counters.replayAt(id, second?.timestamp ?? id), { value: 3 });
  for (const time of [Number.NaN, new Date('never'), null as never, '2026-01-01' as never])
    await t.throwsAsync(counters.replayAt(id, time), { instanceOf: InvalidArgumentError });
  for (const sequence of [-1, 1.5, Number.NaN])
    await t.throwsAsync(counters.replay(id, sequence), { instanceOf: InvalidArgumentError });
});

test('replayAt() is a beginning of the history, also where a clock stepped back', async (t) => {
  const store = new MemoryStore();
  const id = anId();
  const at = (time: number) => Timestamp.of({ time, nodeId: id.nodeId });
  const events = [1000, 3000, 2000, 4000].map((time, index) =>
    anEvent(id, { sequence: index + 1, timestamp: at(time), type: 'incremented', body: { by: 10 ** index } }),
  );
  await store.commitEvents(events);
  const counters = openAggregates(Counter, { store });
  t.deepEqual(await counters.replayAt(id, 2500), { value: 1 });
  t.deepEqual(await counters.replayAt(id, 3500), { value: 111 });
});

test('states that are handed out cannot be changed', async (t) => {
  const counters = openAggregates(Counter, { store: new MemoryStore() });
  const id = counters.create();
  await counters.evaluate(id, increment(1));
  const state = await counters.get(id);
  t.throws(() => Object.assign(state, { value: 99 }), { instanceOf: TypeError });
  t.deepEqual(await counters.get(id), { value: 1 });
});

test('a store that gives more than it is asked for is read to its end too', async (t) => {
  const store = new MemoryStore();
  const id = anId();
  const length = 5100;
  await store.commitEvents(
    Array.from({ length }, (_, n) => anEvent(id, { sequence: n + 1, type: 'incremented', body: { by: 1 } })),
  );
  const generous = overriding(store, {
    getEvents: (aggregateId, min, options = {}) => store.getEvents(aggregateId, min, { ...options, limit: undefined }),
  });
  const counters = openAggregates(Counter, { store: generous });
  t.like(await counters.evaluate(id, increment(1)), {
    ok: true,
    value: { sequence: length + 1, state: { value: length + 1 } },
  });
});

for (const [missing, length] of [
  [1, 3],
  [3, 4],
  [5000, 5002],
  [5001, 5002],
] as const)
  test(`a history of ${length} events without the one at ${missing} is refused instead of being folded`, async (t) => {
    const store = new MemoryStore();
    const id = anId();
    const history = Array.from({ length }, (_, n) =>
      anEvent(id, { sequence: n + 1, type: 'incremented', body: { by: 1 } }),
    );
    await store.commitEvents(history.filter(({ sequence }) => sequence !== missing));
    const counters = openAggregates(Counter, { store });
    for (const read of [
      counters.get(id),
      counters.evaluate(id, increment(1)),
      counters.replayAt(id, Date.now() + 1000),
    ]) {
      const error = await t.throwsAsync(read as Promise<unknown>, { instanceOf: IncompleteHistoryError });
      t.like(error, { expected: missing, found: missing + 1, aggregateId: id.hex });
    }
    t.is((await store.getEvents(id, 1)).length, length - 1);
  });

test('unknown commands and events have no handler, whatever objects inherit', async (t) => {
  const store = new MemoryStore();
  const counters = openAggregates(Counter, { store });
  const id = anId();
  for (const type of ['nope', 'constructor', '__proto__', 'toString'])
    await t.throwsAsync(counters.evaluate(id, { type } as never), { instanceOf: InvalidHandlerError });
  await store.commitEvents([anEvent(id, { type: 'constructor' })]);
  const error = await t.throwsAsync(counters.fetch(id), { instanceOf: InvalidHandlerError });
  t.like(error, { handler: { handler: 'event', type: 'constructor', sequence: 1, aggregateId: id.hex } });
});

test('what is no id, no command or no option is refused by name', async (t) => {
  const store = new MemoryStore();
  const counters = openAggregates(Counter, { store });
  for (const id of ['01a2', undefined, {}])
    await t.throwsAsync(counters.evaluate(id as never, increment(1)), { instanceOf: InvalidArgumentError });
  await t.throwsAsync(counters.get('01a2' as never), { instanceOf: InvalidArgumentError });
  for (const command of [undefined, null, 'increment', {}, { type: 1 }])
    await t.throwsAsync(counters.evaluate(anId(), command as never), { instanceOf: InvalidArgumentError });
  for (const maxAttempts of [0, 1.5, Number.NaN])
    t.throws(() => openAggregates(Counter, { store, maxAttempts }), { message: /maxAttempts/ });
  t.throws(() => openAggregates({ name: 'x' } as never, { store }), { message: /defineAggregate/ });
  t.throws(() => openAggregates(Counter, {} as never), { message: /takes a store/ });
  t.throws(() => openAggregates(Counter, { store, clock: {} as never }), { message: /clock must be a Clock/ });
  for (const max of [-1, 0.5])
    t.throws(() => openAggregates(Counter, { store, idle: { max } }), { message: /idle\.max/ });
});

test('a body that cannot be stored fails before anything is sent', async (t) => {
  const { counters, recorded } = recordedCounters();
  t.teardown(recorded.stop);
  const id = anId();
  await counters.get(id);
  const before = recorded.about(id).length;
  await t.throwsAsync(counters.evaluate(id, increment(Number.POSITIVE_INFINITY)), { instanceOf: InvalidEventError });
  t.false(recorded.about(id).slice(before).includes('INSERT'));
});
