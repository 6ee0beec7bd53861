import test from 'ava';
import { preparedStatement } from '../../../src/store/driver/statement.js';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { Clock } from '../../../src/hlc/clock.js';
import { TALLIES } from '../../aggregate/tally.js';
import { useTestDatabase } from '../../support/database.js';

const database = useTestDatabase(test);

test('beyond so many texts a statement has no name, and everything works without', async (t) => {
  const first = preparedStatement('SELECT ?, ? -- first');
  t.regex(first.name ?? '', /^maestro_[0-9a-f]{16}$/);
  for (let count = 0; count < 300; count += 1) preparedStatement(`SELECT ? -- ${count}`);
  t.deepEqual(preparedStatement('SELECT ?, ? -- last'), { sql: 'SELECT $1, $2 -- last' });
  t.is(preparedStatement('SELECT ?, ? -- first'), first);

  const { knex, schema } = database;
  const taken: number[] = [];
  const projection = defineProjection({
    name: 'unnamed',
    from: [TALLIES.never],
    project: ({ sequence }) => void taken.push(sequence),
  });
  await registerCopy(knex, schema, projection);
  const add = { type: 'add', data: { by: 1 } } as const;
  const aggregates = openAggregates(TALLIES.never, {
    store: database.store(),
    clock: new Clock(),
    projections: [projection],
  });
  const id = aggregates.create();
  await aggregates.evaluate(id, add);
  await aggregates.evaluate(id, add);
  await knex.transaction(async (transaction) => void (await aggregates.evaluate(id, add, { transaction })));
  t.deepEqual(taken, [1, 2, 3]);
});
