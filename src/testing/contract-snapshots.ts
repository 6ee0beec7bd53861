import assert from 'node:assert/strict';
import { clock, collect, history, idOf, rejects, sequences, type PromiseOf } from './contract-samples.js';

/** The promises of a store about snapshots. */
export function snapshotPromises(promise: PromiseOf): void {
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

  promise(
    'without a minimum a read begins with the first event, and gives whichever snapshot there is',
    async (store) => {
      const events = history(3);
      const aggregateId = idOf(events);
      await store.commitEvents(events);
      await store.commitSnapshot({ aggregateId, sequence: 2, body: { at: 2 } });
      assert.deepEqual(sequences(await store.getEvents(aggregateId)), [1, 2, 3]);
      assert.deepEqual(sequences(await collect(store.streamEvents(aggregateId))), [1, 2, 3]);
      assert.deepEqual(sequences(await store.getEvents(aggregateId, undefined, { maxSequence: 2 })), [1, 2]);
      assert.deepEqual(await store.getSnapshot(aggregateId), { aggregateId, sequence: 2, body: { at: 2 } });
      assert.equal(await store.getSnapshot(aggregateId, undefined, { maxSequence: 1 }), undefined);
    },
  );

  promise('an invalid snapshot is refused', async (store) => {
    const aggregateId = clock.now();
    await rejects(store.commitSnapshot({ aggregateId, sequence: 0, body: {} }), 'MAESTRO_INVALID_SNAPSHOT');
    await rejects(store.commitSnapshot({ aggregateId, sequence: 1, body: [] }), 'MAESTRO_INVALID_SNAPSHOT');
    assert.equal(await store.getSnapshot(aggregateId, 0), undefined);
  });
}
