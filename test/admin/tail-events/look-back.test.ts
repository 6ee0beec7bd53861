import test from 'ava';
import { Tail } from '../../../src/admin/tail-events/tail-events.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };

for (const [layout, database] of Object.entries(layouts))
  for (const what of ['the whole log', 'an aggregate'])
    test.serial(
      `the last events of a type are looked for in a part of ${what}, which tells so: ${layout}`,
      async (t) => {
        const id = anId();
        const types = ['rare', 'rare', 'common', 'common', 'rare', 'common'];
        await database.store().commitEvents(types.map((type, index) => anEvent(id, { type, sequence: index + 1 })));
        const last = async (lookBack: number | undefined, lines: number, wanted: readonly string[] | undefined) => {
          const aggregateId = what === 'an aggregate' ? id : undefined;
          const tail = new Tail((work) => work(database), { aggregateId, types: wanted, lines, lookBack });
          return [(await tail.last()).map(({ sequence }) => sequence), tail.isPartial];
        };

        t.deepEqual(await last(4, 3, ['rare']), [[5], true]);
        t.deepEqual(await last(5, 3, ['rare']), [[2, 5], true]);
        t.deepEqual(await last(4, 1, ['rare']), [[5], false]);
        t.deepEqual(await last(undefined, 3, ['rare']), [[1, 2, 5], false]);
        t.deepEqual(await last(7, 5, ['rare']), [[1, 2, 5], false]);
        t.deepEqual(await last(2, 3, undefined), [[4, 5, 6], false]);
        await database.knex.raw(`DELETE FROM "${database.schema}".event_log`);
      },
    );
