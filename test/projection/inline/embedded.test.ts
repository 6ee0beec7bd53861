import test from 'ava';
import { readCopies } from '../../../src/projection/copies/copy.js';
import { listParked } from '../../../src/projection/apply/parked.js';
import { ProjectionError } from '../../../src/store/errors.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { useEmbeddedDatabase } from '../../support/database.js';
import { aJournal, seen, takeAll } from '../../support/projection/journal.js';

const embedded = useEmbeddedDatabase(test);

test('on the embedded database, with its one connection, projections take in events in commits and after them', async (t) => {
  const { knex } = embedded.get();
  const database = { knex, schema: 'public' };
  const store = new PostgresStore(knex);
  const checking = new PostgresStore(knex, { verifyWrites: true });
  const [good, bad] = [anId(), anId()];
  const journal = aJournal({
    before: ({ aggregateId, sequence }) => {
      if (aggregateId.equals(bad) && sequence === 2) throw new Error('no');
    },
  });
  const projections = [journal.definition];

  await knex.transaction(async (transaction) => {
    t.true((await store.commitAll(aHistory(good, 1), projections, { transaction })).ok);
    await t.throwsAsync(store.commitAll(aHistory(bad, 2), projections, { transaction }), {
      instanceOf: ProjectionError,
    });
    t.true((await checking.commitAll([anEvent(good, { sequence: 2 })], projections, { transaction })).ok);
  });
  t.true((await store.commitAll([anEvent(good, { sequence: 3 })], projections)).ok);
  t.true((await checking.commitAll([anEvent(good, { sequence: 4 })], projections)).ok);
  await store.commitEvents([anEvent(good, { sequence: 5 }), ...aHistory(bad, 3)]);
  const [copy] = await readCopies(knex, 'public', [journal.definition.name]);
  if (copy === undefined) return t.fail();

  const { taken, failed } = await takeAll(database, copy, journal, [good, bad]);

  t.is(taken, 2);
  t.like(failed, [{ sequence: 2, error: 'no' }]);
  t.like(await listParked(knex, 'public'), [{ sequence: 2 }]);
  t.deepEqual(await seen(knex, journal, good), [1, 2, 3, 4, 5]);
  t.deepEqual(await seen(knex, journal, bad), [1]);
});
