import test from 'ava';
import { DatabaseTimeoutError } from '../../../src/store/errors.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { aJournal, seen } from '../../support/projection/journal.js';
import { useReadModels } from '../../support/projection/read-models.js';

const database = useReadModels(test);
const { knex } = database;
const store = database.store();

test('a commit waits only for a while for tables that another transaction has made, writes nothing, and can be tried again', async (t) => {
  const journal = aJournal();
  const projections = [journal.definition];
  const first = await knex.transaction();
  t.teardown(async () => {
    if (!first.isCompleted()) await first.rollback();
  });
  t.true((await store.commitAll([anEvent(anId())], projections, { transaction: first })).ok);

  const id = anId();
  const refusal = { instanceOf: DatabaseTimeoutError, message: /^Another transaction is setting up the projection / };
  const outside = t.throwsAsync(store.commitAll([anEvent(id)], projections), refusal);
  const inside = knex.transaction(async (transaction) => {
    await t.throwsAsync(store.commitAll([anEvent(id)], projections, { transaction }), refusal);
    t.deepEqual((await transaction.raw('SHOW lock_timeout')).rows, [{ lock_timeout: '0' }]);
  });
  await Promise.all([outside, inside]);
  t.deepEqual(await store.getEvents(id, 1), []);

  await first.commit();
  t.true((await store.commitAll([anEvent(id)], projections)).ok);
  t.deepEqual(await seen(knex, journal, id), [1]);
});
