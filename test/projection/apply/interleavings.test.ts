import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { takeIn } from '../../../src/projection/apply/take-in.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { isFull } from '../../support/figures.js';
import { aJournal, positionOf, seen, takeAll } from '../../support/projection/journal.js';

const { schema } = useTestDatabase(test);
const knex = testKnex({ searchPath: [schema] });
test.after.always(() => knex.destroy());
const database = { knex, schema };
const store = new PostgresStore(knex, { schema });
const AGGREGATES = 3;

/** A step of a writer: a commit with events of some aggregates, in its own transaction or in one of the application, or a take. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('inline', 'inline', 'plain', 'inside', 'take'),
    aggregates: fc.uniqueArray(fc.nat({ max: AGGREGATES - 1 }), { minLength: 1, maxLength: 2 }),
    count: fc.integer({ min: 1, max: 3 }),
    maxEvents: fc.constantFrom(1, 2, 1000),
  }),
  { minLength: 12, maxLength: 30 },
);

for (const batch of [false, true])
  testProp(
    `whatever writers and workers do at the same time, each event is taken in once and in order, ${batch ? 'in batches' : 'one by one'}`,
    [steps, fc.integer({ min: 2, max: 4 })],
    async (t, all, lanes) => {
      const journal = aJournal({ batch });
      const { definition } = journal;
      const [copy] = await registerCopy(knex, schema, definition);
      if (copy === undefined) return t.fail();
      const ids = Array.from({ length: AGGREGATES }, () => anId());
      const act = async ({ what, aggregates, count, maxEvents }: (typeof all)[number]): Promise<void> => {
        if (what === 'take') return void (await takeIn(database, copy, definition, ids, { maxEvents }));
        const lasts = await Promise.all(aggregates.map((index) => lastOf(ids[index] as Timestamp)));
        const events = aggregates.flatMap((index, n) =>
          Array.from({ length: count }, (_, more) =>
            anEvent(ids[index] as Timestamp, { sequence: (lasts[n] ?? 0) + 1 + more }),
          ),
        );
        // Another writer may have been faster; then there is nothing to be done.
        const projections = what === 'plain' ? [] : [definition];
        if (what === 'inside')
          await knex.transaction((transaction) => store.commitAll(events, projections, { transaction }));
        else await store.commitAll(events, projections);
      };
      const run = async (lane: number) => {
        for (const [index, step] of all.entries()) if (index % lanes === lane) await act(step);
      };

      await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
      const { failed, gaps } = await takeAll(database, copy, journal, ids);

      t.deepEqual({ failed, gaps }, { failed: [], gaps: [] });
      for (const id of ids) {
        const last = await lastOf(id);
        t.deepEqual(
          await seen(knex, journal, id),
          Array.from({ length: last }, (_, index) => index + 1),
        );
        t.is(await positionOf(database, copy, id), last);
      }
    },
    { numRuns: isFull ? 200 : 8 },
  );

async function lastOf(id: Timestamp): Promise<number> {
  return (await store.getLastEvent(id))?.sequence ?? 0;
}
