import test from 'ava';
import type { Knex } from 'knex';
import { layoutAt } from '../../src/store/layout/read-layout.js';
import { citus } from '../../src/store/layout/layout.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { type ContractTest, storeContract } from '../../src/testing/contract.js';
import { useCitusStandIn } from '../support/citus-stand-in.js';

const database = useCitusStandIn(test);

storeContract(test, () => database.store());

for (const verifyWrites of [false, true]) {
  let begin: Promise<Knex.Transaction> | undefined;
  const inTransaction: ContractTest = (title, run) =>
    test.serial(`${verifyWrites ? 'with verifyWrites, ' : ''}inside a transaction: ${title}`, async (t) => {
      begin = database.knex.transaction();
      const transaction = await begin;
      try {
        await run(t);
        t.deepEqual((await transaction.raw('SELECT 1 AS one')).rows, [{ one: 1 }], 'the transaction is usable');
      } finally {
        await transaction.rollback();
      }
    });
  storeContract(
    inTransaction,
    async () => new PostgresStore((await begin) as Knex, { schema: database.schema, verifyWrites }),
  );
}

test('all of this is on a layout of which Maestro believes that it is on a cluster', async (t) => {
  t.deepEqual(await layoutAt(database.knex, database.schema), citus(4));
});
