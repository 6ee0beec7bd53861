import assert from 'node:assert/strict';
import type { Timestamp } from '../hlc/timestamp.js';
import { clock, collect, event, history, idOf, rejects, sequences, type PromiseOf } from './contract-samples.js';

/** The promises of a store about commits. */
export function commitPromises(promise: PromiseOf): void {
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

  promise('a commit takes the sequences as the caller counts them, also with a gap', async (store) => {
    const id = clock.now();
    for (const sequence of [1, 9]) assert.ok((await store.commitEvents([event(id, sequence)])).ok);
    assert.deepEqual(sequences(await store.getEvents(id, 1)), [1, 9]);
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

  promise('what cannot be joined is refused, never done without', async (store) => {
    const events = history(1);
    const id = clock.now();
    const nothing = { transaction: {} as never };
    await rejects(store.commitEvents(events, nothing), 'MAESTRO_INVALID_ARGUMENT');
    await rejects(store.commitAll(events, [], nothing), 'MAESTRO_INVALID_ARGUMENT');
    await rejects(
      store.commitSnapshot({ aggregateId: id, sequence: 1, body: {} }, nothing),
      'MAESTRO_INVALID_ARGUMENT',
    );
    await rejects(store.getEvents(id, 1, nothing), 'MAESTRO_INVALID_ARGUMENT');
    await rejects(collect(store.streamEvents(id, 1, nothing)), 'MAESTRO_INVALID_ARGUMENT');
    await rejects(store.getSnapshot(id, 1, nothing), 'MAESTRO_INVALID_ARGUMENT');
    assert.deepEqual(await store.getEvents(idOf(events), 1), []);
    assert.equal(await store.getSnapshot(id, 1), undefined);
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
}
