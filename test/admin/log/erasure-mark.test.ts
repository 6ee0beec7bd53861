import test from 'ava';
import { eraseAggregate } from '../../../src/admin/erase-aggregate/erase-aggregate.js';
import { erasureMark } from '../../../src/admin/log/erasure-mark.js';
import type { NonTransactionalLog } from '../../../src/admin/log/event-log.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testKnex, useEveryKind } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';

const databases = useEveryKind(test);
const places: Readonly<Record<string, () => NonTransactionalLog>> = databases;

for (const [place, log] of Object.entries(places)) {
  test.serial(
    `commits leave the mark as it is, an erasure changes it by the time it has ended: ${place}`,
    async (t) => {
      const store = new PostgresStore(log().knex, { schema: log().schema ?? 'public' });
      // A server tells numbers of rows at once only when it has not done so lately.
      for (let round = 0; round < 3; round += 1) {
        const [kept, rewritten, removed] = [anId(), anId(), anId()];
        await store.commitEvents([kept, rewritten, removed].flatMap((id) => aHistory(id, 3)));
        const before = await erasureMark(log());

        await store.commitEvents([anEvent(kept, { sequence: 4 })]);
        t.is(await erasureMark(log()), before);

        await eraseAggregate(log(), { aggregateId: rewritten, paths: ['/n'] });
        const between = await erasureMark(log());
        await eraseAggregate(log(), { aggregateId: removed });
        const marks = [before, between, await erasureMark(log())];
        t.is(new Set(marks).size, marks.length, marks.join('\n'));
      }
    },
  );
}

test('where rows are not counted, every transaction changes the mark', async (t) => {
  const knex = testKnex({ pool: { min: 1, max: 1 } });
  t.teardown(() => knex.destroy());
  await knex.raw('SET track_counts = off');
  const log = { knex, schema: databases.plain().schema };
  const mark = await erasureMark(log);

  await databases.plain().store().commitEvents([anEvent()]);

  t.not(await erasureMark(log), mark);
});
