import { fc } from '@fast-check/ava';
import test from 'ava';
import { sameJson } from '../../src/json/compare/equality.js';
import { printJson } from '../../src/json/print.js';
import type { JsonObject } from '../../src/json/types.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { textApart } from '../../src/store/event-metadata.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';
import { jsonBodies } from '../support/data/arbitraries.js';
import { anEvent, anId, collect } from '../support/data/factories.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });
const embedded = useEmbeddedDatabase(test);
const memory = new MemoryStore();
const STORES: Readonly<Record<string, () => Store>> = {
  'a server': () => plain.store(),
  'a partitioned log': () => partitioned.store(),
  'the embedded database': () => embedded.get().store,
  memory: () => memory,
};

const text = (value: object | undefined) => (value === undefined ? 'none' : printJson(value as JsonObject));
const isEmpty = (value: object) => Object.keys(value).length === 0;

for (const [where, store] of Object.entries(STORES))
  test.serial(
    `metadata and bodies come back equal, digit for digit, whatever JSON they are, from ${where}`,
    async (t) => {
      const id = anId();
      const sent = fc
        .sample(fc.record({ body: jsonBodies(), metadata: jsonBodies() }), 200)
        .map((both, index) => anEvent(id, { sequence: index + 1, ...both }));
      t.true((await store().commitEvents(sent)).ok);
      const read = await store().getEvents(id, 1, { numbers: 'lossless' });
      for (const [index, { body, metadata = {} }] of sent.entries()) {
        t.true(sameJson(text(read[index]?.body), text(body)), text(body));
        const back = read[index]?.metadata;
        t.true(isEmpty(metadata) ? back === undefined : sameJson(text(back), text(metadata)), text(metadata));
      }
    },
  );

test.serial(
  'as text, an event has its metadata under a key of its body, with the digits that PostgreSQL keeps',
  async (t) => {
    const id = anId();
    const metadata = { traceId: 2n ** 70n, by: 'ada' };
    await plain.store().commitEvents([anEvent(id, { body: { zz: 1, a: [1.5] }, metadata })]);
    const [stored] = await collect(plain.store().streamStoredEvents(id, 1));
    t.is(stored?.body, '{"a": [1.5], "zz": 1, "$metadata": {"by": "ada", "traceId": 1180591620717411303424}}');
    t.deepEqual(textApart(stored?.body ?? ''), {
      body: '{"a": [1.5], "zz": 1}',
      metadata: '{"by": "ada", "traceId": 1180591620717411303424}',
    });
  },
);

test('as text, what is no object under the key of the metadata stays in the body', (t) => {
  for (const body of [
    '{"$metadata": [1]}',
    '{"a": 1, "$metadata": "{}"}',
    '{"$metadata": null, "b": {}}',
    'null',
    '[{"$metadata": {}}]',
  ])
    t.deepEqual(textApart(body), { body });
  t.deepEqual(textApart('{"$metadata": {}, "b": 1}'), { body: '{"b": 1}', metadata: '{}' });
});
