import assert from 'node:assert/strict';
import { MAX_SEQUENCE } from '../events.js';
import { Timestamp } from '../hlc/timestamp.js';
import { clock, collect, history, idOf, rejects, sequences, type PromiseOf } from './contract-samples.js';

/** The promises of a store about reading events. */
export function readPromises(promise: PromiseOf): void {
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

  promise(
    'a store that tells of the last event tells of one before it that is later by its clock, too',
    async (store) => {
      if (store.getLastEvent === undefined) return;
      const [one, two, three, four] = history(4);
      assert.ok(one && two && three && four);
      const [before, now] = [clock.now(), clock.now()];
      const ahead = Timestamp.of({ time: now.time + 60_000, counter: now.counter, nodeId: clock.nodeId });
      assert.equal(await store.getLastEvent(one.aggregateId, { ahead: now }), undefined);
      await store.commitEvents([one, { ...two, timestamp: ahead }]);
      const last = { sequence: 2, timestamp: ahead };
      assert.deepEqual(await store.getLastEvent(one.aggregateId), last);
      assert.deepEqual(await store.getLastEvent(one.aggregateId, { ahead: now }), last);
      await store.commitEvents([{ ...three, timestamp: before }, four]);
      const four4 = { sequence: 4, timestamp: four.timestamp };
      assert.deepEqual(await store.getLastEvent(one.aggregateId), four4);
      assert.deepEqual(await store.getLastEvent(one.aggregateId, { ahead: now }), { ...four4, latest: last });
      assert.deepEqual(await store.getLastEvent(one.aggregateId, { ahead }), four4);
      assert.deepEqual(await store.getLastEvent(one.aggregateId, { ahead: now, until: ahead }), {
        ...four4,
        latest: last,
      });
      const until = Timestamp.of({ ...ahead, time: ahead.time - 1 });
      assert.deepEqual(await store.getLastEvent(one.aggregateId, { ahead: before, until }), four4);
    },
  );

  promise('an aggregate without events reads as none', async (store) => {
    assert.deepEqual(await store.getEvents(clock.now(), 1), []);
    assert.deepEqual(await collect(store.streamEvents(clock.now(), 1)), []);
  });

  promise('a bound that is not an integer is refused', async (store) => {
    await rejects(store.getEvents(clock.now(), 1.5), 'MAESTRO_INVALID_ARGUMENT');
    await rejects(store.getEvents(clock.now(), 1, { maxSequence: Number.NaN }), 'MAESTRO_INVALID_ARGUMENT');
  });
}
