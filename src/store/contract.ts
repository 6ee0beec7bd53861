import assert from 'node:assert/strict';
import { MAX_SEQUENCE, type NewEvent } from '../events.js';
import { Clock } from '../hlc/clock.js';
import { Timestamp } from '../hlc/timestamp.js';
import { ExactNumber } from '../json/exact-number.js';
import type { Store } from './store.js';

/** What a test of the contract is given by the runner: with AVA, its `t`, which wants to hear that something passed. */
export interface ContractExecution {
  pass?(): unknown;
}

/** The test function of AVA, `node:test`, Vitest, Jest or any other runner that takes a title and an async function. */
export type ContractTest = (title: string, run: (execution: ContractExecution) => Promise<void>) => unknown;

/**
 * The promises of {@link Store} as tests. Every store that ships with Maestro passes them all, and so should an adapter
 * of your own:
 *
 * ```ts
 * import test from 'ava';
 * import { storeContract } from 'maestro-store/testing';
 *
 * storeContract(test, () => new MyStore());
 * ```
 *
 * @param test - Registers a test; each uses aggregates of its own, so they can share a database and run side by side.
 * @param createStore - Gives the store to test; called once for every test.
 */
export function storeContract(test: ContractTest, createStore: () => Store | Promise<Store>): void {
  const promise = (title: string, run: (store: Store) => Promise<void>) =>
    test(`store contract: ${title}`, async (execution) => {
      await run(await createStore());
      execution?.pass?.();
    });

  promise('a commit of no events succeeds', async (store) => {
    assert.deepEqual(await store.commitEvents([]), { ok: true, value: [] });
    assert.deepEqual(await store.commitAll([], []), { ok: true, value: [] });
  });

  promise('committed events are returned, and read again as they were', async (store) => {
    const events = history(3);
    const result = await store.commitEvents(events);
    assert.deepEqual(result, { ok: true, value: events });
    assert.deepEqual(await store.getEvents(idOf(events), 1), events);
  });

  promise(
    'events are returned and read by sequence, whatever order they come in and their clocks show',
    async (store) => {
      const id = clock.now();
      const [early, middle, late] = [clock.now(), clock.now(), clock.now()];
      const events = [
        event(id, 2, { timestamp: early }),
        event(id, 3, { timestamp: middle }),
        event(id, 1, { timestamp: late }),
      ];
      const result = await store.commitEvents(events);
      assert.deepEqual(result.ok && result.value.map(({ sequence }) => sequence), [1, 2, 3]);
      assert.deepEqual(sequences(await store.getEvents(id, 1)), [1, 2, 3]);
      assert.deepEqual(sequences(await collect(store.streamEvents(id, 1))), [1, 2, 3]);
    },
  );

  promise('both bounds of a read are inclusive', async (store) => {
    const events = history(5);
    const id = idOf(events);
    await store.commitEvents(events);
    for (const [min, max, expected] of [
      [1, 5, [1, 2, 3, 4, 5]],
      [2, 4, [2, 3, 4]],
      [3, 3, [3]],
      [0, 1, [1]],
      [5, MAX_SEQUENCE, [5]],
      [6, 9, []],
      [4, 2, []],
      [MAX_SEQUENCE + 1, Number.POSITIVE_INFINITY, []],
    ] as const) {
      assert.deepEqual(sequences(await store.getEvents(id, min, { maxSequence: max })), expected);
      assert.deepEqual(sequences(await collect(store.streamEvents(id, min, { maxSequence: max }))), expected);
    }
  });

  promise('a limited read begins with the lowest sequences of its range, and leaves none out', async (store) => {
    const events = history(5);
    const id = idOf(events);
    await store.commitEvents(events);
    for (const [min, maxSequence, limit, expected] of [
      [1, 5, 2, [1, 2]],
      [3, 5, 2, [3, 4]],
      [3, 3, 2, [3]],
      [4, 5, 9, [4, 5]],
    ] as const) {
      for (const read of [
        await store.getEvents(id, min, { maxSequence, limit }),
        await collect(store.streamEvents(id, min, { maxSequence, limit })),
      ]) {
        assert.deepEqual(sequences(read).slice(0, limit), expected);
        assert.deepEqual(
          sequences(read),
          sequences(await store.getEvents(id, min, { maxSequence })).slice(0, read.length),
        );
      }
    }
  });

  promise('an aggregate without events reads as none', async (store) => {
    assert.deepEqual(await store.getEvents(clock.now(), 1), []);
    assert.deepEqual(await collect(store.streamEvents(clock.now(), 1)), []);
  });

  promise('a bound that is not an integer is refused', async (store) => {
    await rejects(store.getEvents(clock.now(), 1.5), 'MAESTRO_INVALID_ARGUMENT');
    await rejects(store.getEvents(clock.now(), 1, { maxSequence: Number.NaN }), 'MAESTRO_INVALID_ARGUMENT');
  });

  promise('a taken sequence answers retry_command and commits nothing', async (store) => {
    const events = history(2);
    const id = idOf(events);
    await store.commitEvents(events);
    const conflicting = [event(id, 3), event(id, 2)];
    assert.deepEqual(await store.commitEvents(conflicting), { ok: false, error: 'retry_command' });
    assert.deepEqual(await store.getEvents(id, 1), events);
  });

  promise('one taken sequence keeps the events of every aggregate out', async (store) => {
    const events = history(1);
    const other = clock.now();
    await store.commitEvents(events);
    const result = await store.commitEvents([event(other, 1), event(idOf(events), 1)]);
    assert.deepEqual(result, { ok: false, error: 'retry_command' });
    assert.deepEqual(await store.getEvents(other, 1), []);
  });

  promise('the very same commit again answers retry_command', async (store) => {
    const events = history(2);
    await store.commitEvents(events);
    assert.deepEqual(await store.commitEvents(events), { ok: false, error: 'retry_command' });
  });

  promise('of many commits of one sequence exactly one succeeds', async (store) => {
    const id = clock.now();
    const results = await Promise.all(Array.from({ length: 10 }, () => store.commitEvents([event(id, 1)])));
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    assert.equal((await store.getEvents(id, 1)).length, 1);
  });

  promise('a taken timestamp is an error, and nothing is committed', async (store) => {
    const events = history(1);
    const id = idOf(events);
    await store.commitEvents(events);
    const timestamp = events[0]?.timestamp as Timestamp;
    await rejects(store.commitEvents([event(id, 2), event(id, 3, { timestamp })]), 'MAESTRO_DUPLICATE_TIMESTAMP');
    assert.deepEqual(await store.getEvents(id, 1), events);
  });

  promise('events of several aggregates share a commit', async (store) => {
    const [one, two] = [clock.now(), clock.now()];
    const result = await store.commitEvents([event(one, 1), event(two, 1), event(one, 2)]);
    assert.equal(result.ok, true);
    assert.deepEqual(sequences(await store.getEvents(one, 1)), [1, 2]);
    assert.deepEqual(sequences(await store.getEvents(two, 1)), [1]);
  });

  promise('an invalid event is refused, and nothing of its commit is written', async (store) => {
    const id = clock.now();
    const invalid = event(id, 2, { body: { when: new Date(0), list: [undefined] } });
    const error = await rejects(store.commitEvents([event(id, 1), invalid]), 'MAESTRO_INVALID_EVENT');
    const { issues } = error as unknown as { issues: { index: number; path: string }[] };
    assert.deepEqual(
      issues.map(({ index, path }) => [index, path]),
      [
        [1, 'body.when'],
        [1, 'body.list[0]'],
      ],
    );
    assert.deepEqual(await store.getEvents(id, 1), []);
  });

  promise('a commit that repeats a sequence or a timestamp is refused', async (store) => {
    const id = clock.now();
    const timestamp = clock.now();
    await rejects(store.commitEvents([event(id, 1), event(id, 1)]), 'MAESTRO_INVALID_EVENT');
    await rejects(
      store.commitEvents([event(id, 1, { timestamp }), event(id, 2, { timestamp })]),
      'MAESTRO_INVALID_EVENT',
    );
  });

  promise('bodies keep every JSON value, also keys that mean something to JavaScript', async (store) => {
    const id = clock.now();
    const body = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":null,"":[],"a":{},"t":[true,false,null,"ü🎭\\n",-1.5,1e21,5e-324]}',
    ) as object;
    await store.commitEvents([event(id, 1, { body })]);
    const [stored] = await store.getEvents(id, 1);
    assert.deepEqual(stored?.body, body);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  promise('numbers keep their digits when they are asked for', async (store) => {
    const id = clock.now();
    const body = { big: 12345678901234567890n, long: new ExactNumber('0.1234567890123456789'), small: 1.5 };
    await store.commitEvents([event(id, 1, { body })]);
    const [lossless] = await store.getEvents(id, 1, { numbers: 'lossless' });
    assert.deepEqual(lossless?.body, body);
    const [plain] = await store.getEvents(id, 1);
    assert.deepEqual(plain?.body, {
      big: Number('12345678901234567890'),
      long: Number('0.1234567890123456789'),
      small: 1.5,
    });
  });

  promise('types of up to 256 code points are kept as they are', async (store) => {
    const id = clock.now();
    const type = '🎭'.repeat(256);
    await store.commitEvents([event(id, 1, { type })]);
    assert.equal((await store.getEvents(id, 1))[0]?.type, type);
    await rejects(store.commitEvents([event(id, 2, { type: `${type}x` })]), 'MAESTRO_INVALID_EVENT');
  });

  promise('the largest sequence can be committed and read', async (store) => {
    const id = clock.now();
    await store.commitEvents([event(id, MAX_SEQUENCE)]);
    assert.deepEqual(sequences(await store.getEvents(id, MAX_SEQUENCE)), [MAX_SEQUENCE]);
  });

  promise('any 16 bytes are an aggregate id', async (store) => {
    for (const id of [clock.now().hex.replace(/^.{4}/, 'ffff'), crypto.randomUUID()].map((text) =>
      Timestamp.parse(text),
    )) {
      await store.commitEvents([event(id, 1)]);
      assert.equal((await store.getEvents(id, 1))[0]?.aggregateId.equals(id), true);
    }
  });

  promise('what a caller does to a body afterwards does not reach the store', async (store) => {
    const id = clock.now();
    const body = { list: [1] };
    await store.commitEvents([event(id, 1, { body })]);
    body.list.push(2);
    assert.deepEqual((await store.getEvents(id, 1))[0]?.body, { list: [1] });
  });

  promise('projections run, or are refused; never dropped', async (store) => {
    const events = history(2);
    const seen: number[] = [];
    const outcome = await store
      .commitAll(events, [({ sequence }) => seen.push(sequence)])
      .catch((error: unknown) => (error as { code?: string }).code);
    const refused = outcome === 'MAESTRO_PROJECTIONS_UNSUPPORTED';
    assert.deepEqual(seen, refused ? [] : [1, 2]);
    assert.equal((await store.getEvents(idOf(events), 1)).length, refused ? 0 : 2);
  });

  promise('a snapshot is stored only when it is newer', async (store) => {
    const aggregateId = clock.now();
    const put = (sequence: number) => store.commitSnapshot({ aggregateId, sequence, body: { at: sequence } });
    assert.deepEqual(
      [await put(5), await put(5), await put(4), await put(6)],
      ['committed', 'stale', 'stale', 'committed'],
    );
    assert.deepEqual(await store.getSnapshot(aggregateId, 1), { aggregateId, sequence: 6, body: { at: 6 } });
  });

  promise('a snapshot is read when its sequence lies in the inclusive range', async (store) => {
    const aggregateId = clock.now();
    const snapshot = { aggregateId, sequence: 5, body: { n: [], big: 9007199254740993n } };
    await store.commitSnapshot(snapshot);
    const read = (min: number, max?: number) =>
      store.getSnapshot(aggregateId, min, { ...(max === undefined ? {} : { maxSequence: max }), numbers: 'lossless' });
    assert.deepEqual([await read(0), await read(5), await read(0, 5)], [snapshot, snapshot, snapshot]);
    assert.deepEqual([await read(6), await read(0, 4)], [undefined, undefined]);
    assert.equal(await store.getSnapshot(clock.now(), 0), undefined);
  });

  promise('an invalid snapshot is refused', async (store) => {
    const aggregateId = clock.now();
    await rejects(store.commitSnapshot({ aggregateId, sequence: 0, body: {} }), 'MAESTRO_INVALID_SNAPSHOT');
    await rejects(store.commitSnapshot({ aggregateId, sequence: 1, body: [] }), 'MAESTRO_INVALID_SNAPSHOT');
    assert.equal(await store.getSnapshot(aggregateId, 0), undefined);
  });
}

const clock = new Clock();

function event(aggregateId: Timestamp, sequence: number, changes: Partial<NewEvent> = {}): NewEvent {
  return { timestamp: clock.now(), aggregateId, sequence, type: 'happened', body: { sequence }, ...changes };
}

function history(length: number): NewEvent[] {
  const id = clock.now();
  return Array.from({ length }, (_, index) => event(id, index + 1));
}

function idOf(events: readonly NewEvent[]): Timestamp {
  return (events[0] as NewEvent).aggregateId;
}

function sequences(events: readonly { sequence: number }[]): number[] {
  return events.map(({ sequence }) => sequence);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function rejects(promise: Promise<unknown>, code: string): Promise<Error> {
  const error = await promise.then(
    () => assert.fail(`expected ${code}`),
    (reason: unknown) => reason,
  );
  assert.equal((error as { code?: string }).code, code);
  return error as Error;
}
