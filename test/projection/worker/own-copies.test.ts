import test from 'ava';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { OwnCopies } from '../../../src/projection/worker/own-copies.js';
import { DatabaseTimeoutError } from '../../../src/store/errors.js';
import { aJournal } from '../../support/projection/journal.js';
import { useReadModels } from '../../support/projection/read-models.js';

const { knex, schema } = useReadModels(test);

test.serial('a projection that a transaction of the application sets up holds up no other', async (t) => {
  const [held, free] = [aJournal(), aJournal()];
  const errors: unknown[] = [];
  const definitions = [held.definition, free.definition];
  const copies = new OwnCopies(knex, schema, definitions, (error) => errors.push(error), { patience: 20 });
  const names = () => copies.all.map(({ copy }) => copy.name).toSorted();
  const transaction = await knex.transaction();
  t.teardown(() => transaction.rollback());
  await registerCopy(transaction, schema, held.definition);

  await copies.register();

  t.deepEqual(names(), [free.table]);
  t.is(errors.length, 1);
  t.true(errors[0] instanceof DatabaseTimeoutError);
  await transaction.commit();
  await copies.retry();
  await copies.refresh();
  t.deepEqual(copies.refusals, []);
  t.deepEqual(names(), [held.table, free.table].toSorted());
});
