import test from 'ava';
import { Clock } from '../../src/hlc/clock.js';
import { ClockDriftError } from '../../src/hlc/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { appendEvents } from '../../src/store/append.js';
import { SequenceConflictError } from '../../src/store/errors.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { testKnex, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/factories.js';

const database = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 4 });
const draft = { type: 'happened', body: {} };

for (const [layout, { schema }] of Object.entries({ plain: database, partitioned }))
  test(`32 writers × 25 appends on one aggregate, ${layout} layout: 800 events, no gap, nothing lost`, async (t) => {
    const id = anId();
    const acknowledged = await Promise.all(
      Array.from({ length: 32 }, async (_, writer) => {
        const knex = testKnex({ pool: { min: 0, max: 1 } });
        const store = new PostgresStore(knex, { schema });
        const clock = new Clock();
        const mine: string[] = [];
        for (let count = 0; count < 25; count += 1) {
          const body = { count, writer };
          for (const event of await appendEvents(store, clock, id, [{ type: 'happened', body }], { maxAttempts: 1000 }))
            mine.push(`${event.sequence} ${event.timestamp.hex} ${JSON.stringify(event.body)}`);
        }
        await knex.destroy();
        return mine;
      }),
    );

    const stored = await new PostgresStore(database.knex, { schema }).getEvents(id, 1);

    t.deepEqual(
      stored.map(({ sequence }) => sequence),
      Array.from({ length: 800 }, (_, index) => index + 1),
    );
    t.deepEqual(
      acknowledged.flat().sort(),
      stored.map(({ sequence, timestamp, body }) => `${sequence} ${timestamp.hex} ${JSON.stringify(body)}`).sort(),
    );
    for (const [index, event] of stored.slice(1).entries())
      t.true(event.timestamp.compare(stored[index]?.timestamp as Timestamp) > 0, 'timestamps follow the sequence');
  });

test('of 50 callers that expect the same last sequence exactly one succeeds', async (t) => {
  const id = anId();
  const store = database.store();
  await store.commitEvents(aHistory(id, 3));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => appendEvents(store, new Clock(), id, [draft], { expect: 3 })),
  );
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  t.is(failures.length, 49);
  t.true(failures.every((error) => error instanceof SequenceConflictError));
  t.is((await store.getEvents(id, 1)).length, 4);
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
