import test from 'ava';
import type { Knex } from 'knex';
import { type ContractTest, storeContract } from '../../src/testing/contract.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';

const server = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });
const embedded = useEmbeddedDatabase(test);

/** The whole contract inside transactions of an application, one for each promise, which is rolled back in the end. */
function contractInside(where: string, knexOf: () => Knex, schema: string, verifyWrites: boolean): void {
  let begin: Promise<Knex.Transaction> | undefined;
  // The embedded database has one connection, so one transaction at a time.
  const inTransaction: ContractTest = (title, run) =>
    test.serial(`${where}, inside a transaction: ${title}`, async (t) => {
      begin = knexOf().transaction();
      const transaction = await begin;
      try {
        await run(t);
        t.deepEqual((await transaction.raw('SELECT 1 AS one')).rows, [{ one: 1 }], 'the transaction is usable');
      } finally {
        await transaction.rollback();
      }
    });
  storeContract(inTransaction, async () => new PostgresStore((await begin) as Knex, { schema, verifyWrites }));
}

contractInside('a server', () => server.knex, server.schema, false);
contractInside('partitions', () => partitioned.knex, partitioned.schema, false);
contractInside('the embedded database', () => embedded.get().knex, 'public', true);
