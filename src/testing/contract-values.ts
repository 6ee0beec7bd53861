import assert from 'node:assert/strict';
import { type CommittedEvent, MAX_SEQUENCE } from '../events.js';
import { Timestamp } from '../hlc/timestamp.js';
import { ExactNumber } from '../json/exact-number.js';
import { clock, collect, event, rejects, sequences, type PromiseOf } from './contract-samples.js';

/** The promises of a store about the values in events. */
export function valuePromises(promise: PromiseOf): void {
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

  promise(
    'metadata is kept apart from the body, whatever JSON both are, and is absent when there is none',
    async (store) => {
      const id = clock.now();
      const metadata = JSON.parse(
        '{"__proto__":{"a":1},"userId":"ada","tags":["ü🎭\\n",null,{}],"body":{"$metadata":0}}',
      ) as object;
      const events = [
        event(id, 1, { body: {}, metadata }),
        event(id, 2, { body: { nested: { $metadata: 'of the application' } }, metadata: { n: 12345678901234567890n } }),
        event(id, 3, { metadata: {} }),
        event(id, 4, { metadata: undefined }),
      ];
      const committed = await store.commitEvents(events);
      const stored = await store.getEvents(id, 1, { numbers: 'lossless' });
      assert.deepEqual(stored.map(facts), [
        { body: {}, metadata },
        { body: { nested: { $metadata: 'of the application' } }, metadata: { n: 12345678901234567890n } },
        { body: { sequence: 3 } },
        { body: { sequence: 4 } },
      ]);
      assert.deepEqual(committed.ok && committed.value.map(facts), stored.map(facts));
      const streamed = await collect(store.streamEvents(id, 1, { numbers: 'lossless' }));
      assert.deepEqual(streamed.map(facts), stored.map(facts));
    },
  );

  promise('metadata is checked like a body, and a body must not have its key', async (store) => {
    const id = clock.now();
    const wrong = [
      { metadata: { at: new Date() } },
      { metadata: [] as object },
      { metadata: null as unknown as object },
    ];
    for (const changes of [...wrong, { body: { $metadata: {} } }])
      await rejects(store.commitEvents([event(id, 1, changes)]), 'MAESTRO_INVALID_EVENT');
    assert.deepEqual(await store.getEvents(id, 1), []);
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
}

/** The content of an event, without its place. */
function facts({ timestamp, aggregateId, sequence, type, ...said }: CommittedEvent) {
  void [timestamp, aggregateId, sequence, type];
  return said;
}
