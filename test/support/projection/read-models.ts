import type { TestFn } from 'ava';
import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { takeIn } from '../../../src/projection/apply/take-in.js';
import type { Copy } from '../../../src/projection/copies/copy.js';
import { BRAND, type ReadModelDefinition } from '../../../src/projection/definition.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { dropSchema, type TestDatabase, testKnex, useTestDatabase } from '../database.js';

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
    ...{ [BRAND]: true },
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

/**
 * A version of a read model that tells which events it was given: its table has a row for each aggregate with their sequences, and in
 * the second version one more column.
 */
export function aVersion(name: string, version: 1 | 2): ReadModelDefinition {
  return aReadModel({
    name,
    version,
    setUp: async (trx) => {
      await trx.raw(`CREATE TYPE "${name}_kind" AS ENUM ('plain')`);
      await trx.raw('CREATE TABLE ?? (id text PRIMARY KEY, seen integer[] NOT NULL)', [name]);
      await trx.raw(`ALTER TABLE ?? ADD COLUMN kind "${name}_kind" DEFAULT 'plain'`, [name]);
      if (version === 2) await trx.raw('ALTER TABLE ?? ADD COLUMN second boolean NOT NULL DEFAULT true', [name]);
    },
    project: async ({ aggregateId, sequence }, trx) => {
      await trx.raw(
        'INSERT INTO ?? AS given VALUES (?, ARRAY[?::integer]) ON CONFLICT (id) DO UPDATE SET seen = given.seen || EXCLUDED.seen',
        [name, aggregateId.hex, sequence],
      );
    },
  });
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

/** The schemas of copies of a store that are not in use. */
export async function buildSchemasOf(knex: Knex, schema: string): Promise<string[]> {
  const sql = `SELECT nspname FROM pg_namespace WHERE nspname ~ ('^maestro_(build|retired)_' || ?::text || '_')`;
  return (await knex.raw<{ rows: { nspname: string }[] }>(sql, [schema])).rows.map(({ nspname }) => nspname);
}

/** Drops what copies of a store that are not in use have left behind. */
export async function dropBuildSchemas(knex: Knex, schema: string): Promise<void> {
  for (const name of await buildSchemasOf(knex, schema)) await dropSchema(knex, name);
}
