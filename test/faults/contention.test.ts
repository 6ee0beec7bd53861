import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Clock } from '../../src/hlc/clock.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { appendEvents } from '../../src/store/append.js';
import { SequenceConflictError } from '../../src/store/errors.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { testKnex, useTestDatabase } from '../support/database.js';
import { aHistory, anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { RecordedHistory, type Stored } from '../support/data/recorded-history.js';

const WRITERS = 32;
const CALLERS = 50;
const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };

const draft = (token: string) => ({ type: 'happened', body: { token } });

async function storedIn(store: PostgresStore, id: Timestamp): Promise<Stored[]> {
  const events = await store.getEvents(id, 1);
  return events.map(({ sequence, body }) => ({ sequence, token: body['token'] as string }));
}

for (const [layout, database] of Object.entries(layouts)) {
  const { schema } = database;

  for (const [pools, each] of [
    ['a connection and a clock each', true],
    ['one store and one clock', false],
  ] as const) {
    const appends = rounds(each ? 8 : 4, 100);

    test.serial(
      `${WRITERS} writers × ${appends} on one aggregate, ${layout} layout, ${pools}: nothing lost`,
      async (t) => {
        t.timeout(600_000);
        const id = anId();
        const history = new RecordedHistory();
        const shared = { store: database.store(), clock: new Clock() };
        let writing = true;

        const writers = Array.from({ length: WRITERS }, async (_, writer) => {
          const knex = each ? testKnex({ pool: { min: 0, max: 1 } }) : undefined;
          const { store, clock } =
            knex === undefined ? shared : { store: new PostgresStore(knex, { schema }), clock: new Clock() };
          for (let count = 0; count < appends; count += 1) {
            const token = `${writer}-${count}`;
            const work = () => appendEvents(store, clock, id, [draft(token)], { maxAttempts: 10_000 });
            const told = await history.append([token], async () => (await work()).map(({ sequence }) => sequence));
            if (!told.ok) throw told.error;
          }
          await knex?.destroy();
        });
        const readers = Array.from({ length: 2 }, async () => {
          while (writing) {
            await history.read(async () => (await storedIn(shared.store, id)).map(({ token }) => token));
            await delay(20);
          }
        });
        await Promise.all(writers).finally(() => {
          writing = false;
        });
        await Promise.all(readers);

        const stored = await storedIn(shared.store, id);
        t.deepEqual(history.faults(stored), []);
        t.is(stored.length, WRITERS * appends);
        t.is(history.count('acknowledged'), WRITERS * appends);
        t.true(history.reads > 0);
        const timestamps = (await shared.store.getEvents(id, 1)).map(({ timestamp }) => timestamp.hex);
        t.deepEqual(timestamps, [...new Set(timestamps)].sort(), 'timestamps follow the sequence');
        figure(
          `contention, ${layout}, ${pools}`,
          `${WRITERS} writers × ${appends}: ${stored.length} stored, ${history.lost(stored)} lost, ` +
            `${history.duplicated(stored)} duplicated, ${history.reads} reads`,
        );
      },
    );
  }

  test.serial(
    `of ${CALLERS} callers that expect the same last sequence exactly one succeeds, ${layout} layout`,
    async (t) => {
      const repeats = rounds(3, 20);
      let winners = 0;
      for (let repeat = 1; repeat <= repeats; repeat += 1) {
        const id = anId();
        const history = new RecordedHistory();
        const first = aHistory(id, 3);
        await history.append(['1', '2', '3'], async () => {
          await database
            .store()
            .commitEvents(first.map((event) => ({ ...event, body: { token: `${event.sequence}` } })));
          return [1, 2, 3];
        });
        // Some share a store, and so perhaps a statement.
        const stores = Array.from({ length: 10 }, () => database.store());
        const told = await Promise.all(
          Array.from({ length: CALLERS }, (_, caller) => {
            const store = stores[caller % stores.length] ?? database.store();
            const work = () => appendEvents(store, new Clock(), id, [draft(`caller ${caller}`)], { expect: 3 });
            return history.append([`caller ${caller}`], async () => (await work()).map(({ sequence }) => sequence));
          }),
        );
        const refusals = told.flatMap((answer) => (answer.ok ? [] : [answer.error]));
        t.is(refusals.length, CALLERS - 1);
        t.true(refusals.every((error) => error instanceof SequenceConflictError));
        t.deepEqual(history.faults(await storedIn(database.store(), id)), []);
        winners += CALLERS - refusals.length;
      }
      figure(
        `${CALLERS} callers with one expected sequence, ${layout}`,
        `${repeats} repeats: ${winners} won, ${repeats * CALLERS - winners} were told of the conflict`,
      );
    },
  );
}
