import type { TestFn } from 'ava';
import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../../src/projection/definition.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { type TestDatabase, testKnex, useTestDatabase } from '../database.js';

/** An aggregate whose events are counted. */
export const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({}),
  commands: {},
  events: { happened: (state: object, _body: { n: number }) => state },
});

let made = 0;

/** A read model with a name and a table of its own, of how many events each aggregate has, changed as a test wants it. */
export function aReadModel(changes: Partial<ReadModelDefinition> = {}): ReadModelDefinition {
  made += 1;
  const name = changes.name ?? `counts_${made}`;
  return {
    kind: 'projection',
    name,
    version: 1,
    from: [Counter],
    setUp: async (trx) => {
      await trx.schema.createTable(name, (table) => {
        table.string('id').primary();
        table.integer('events').notNullable();
      });
    },
    project: async ({ aggregateId, sequence }, trx) => {
      await trx(name).insert({ id: aggregateId.hex, events: sequence }).onConflict('id').merge();
    },
    projectBatch: undefined,
    erased: undefined,
    file: undefined,
    ...changes,
  };
}

/** A migrated schema for one test file, in which names without a schema are found and made. */
export function useReadModels(test: TestFn<unknown>, options: { partitions?: number } = {}): TestDatabase {
  const database = useTestDatabase(test, options);
  const knex = testKnex({ searchPath: [database.schema] });
  test.after.always(async () => {
    await dropBuildSchemas(knex, database.schema);
    await knex.destroy();
  });
  return { ...database, knex };
}

/** Drops what copies of a store that are not live have left behind. */
export async function dropBuildSchemas(knex: Knex, schema: string): Promise<void> {
  const sql = `SELECT nspname FROM pg_namespace WHERE nspname ~ ('^maestro_(build|retired)_' || ? || '_')`;
  const { rows } = await knex.raw<{ rows: { nspname: string }[] }>(sql, [schema]);
  for (const { nspname } of rows) await knex.raw(`DROP SCHEMA "${nspname}" CASCADE`);
}
