import type { TestFn } from 'ava';
import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { takeIn } from '../../../src/projection/apply/take-in.js';
import type { Copy } from '../../../src/projection/copies/copy.js';
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

/** The next version of a read model: its table has one more column. */
export function nextVersion(model: ReadModelDefinition): ReadModelDefinition {
  const { name, version } = model;
  return {
    ...model,
    version: version + 1,
    setUp: async (trx) => {
      await model.setUp?.(trx);
      await trx.schema.alterTable(name, (table) =>
        table
          .integer(`v${version + 1}`)
          .notNullable()
          .defaultTo(version + 1),
      );
    },
  };
}

/** Has a copy take in all there is of some aggregates. */
export async function fill(
  { knex, schema }: { readonly knex: Knex; readonly schema: string },
  copy: Copy,
  definition: ReadModelDefinition,
  ids: readonly Timestamp[],
): Promise<void> {
  for (let left = ids; left.length > 0;) left = (await takeIn({ knex, schema }, copy, definition, left)).behind;
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
