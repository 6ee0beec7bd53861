import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import type { ReadModelDefinition } from '../../../src/projection/definition.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { runHandlers } from '../../../src/projection/handlers.js';
import { eventReader } from '../../../src/projection/read-event.js';
import { collect } from './factories.js';
import { Tally } from './tallies.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';

/** A projection whose table nobody looks into. */
export const OWNERS = defineProjection({
  name: 'owners',
  version: 1,
  from: [Tally],
  setUp: (transaction) => transaction.raw('CREATE TABLE owners (id bytea)'),
  project: () => {},
});

/** Makes the tables of a projection in the schema of the store, as its live copy, without a worker; gives the copy's number. */
export async function makeLive(
  { knex, schema }: { readonly knex: Knex; readonly schema: string },
  { name, version, setUp }: ReadModelDefinition,
): Promise<number> {
  return await knex.transaction(async (transaction) => {
    await transaction.raw(`SET LOCAL search_path = "${schema}"`);
    await setUp?.(transaction);
    const { rows } = await transaction.raw<{ rows: { id: number }[] }>(
      `INSERT INTO ??.maestro_projections (name, version, kind, status, live_schema) VALUES (?, ?, 'projection', 'live', ?) RETURNING id`,
      [schema, name, version, schema],
    );
    return rows[0]?.id ?? 0;
  });
}

/** Has the live copy of a projection take in the events of an aggregate, without a worker. */
export async function takeInAll(
  { knex, schema }: { readonly knex: Knex; readonly schema: string },
  definition: ReadModelDefinition,
  copy: number,
  ids: readonly Timestamp[],
): Promise<void> {
  const store = new PostgresStore(knex, { schema });
  const reader = eventReader(definition);
  for (const id of ids) {
    const stored = await collect(store.streamStoredEvents(id, 1));
    const of = reader.of(id, stored[0]?.type);
    await knex.transaction(async (transaction) => {
      await transaction.raw(`SET LOCAL search_path = "${schema}"`);
      await runHandlers(
        definition,
        stored.flatMap((event) => of?.read(event) ?? []),
        transaction,
        'together',
      );
      await transaction.raw(`INSERT INTO ??.maestro_positions (copy, aggregate_id, sequence) VALUES (?, ?, ?)`, [
        schema,
        copy,
        id.encode(),
        stored.at(-1)?.sequence ?? 0,
      ]);
    });
  }
}
