import type { Migration } from '../src/store/migrate/migration.js';
import { qualified } from '../src/store/schema-name.js';

/** The snapshots, one per aggregate, as Elixir Maestro 1.0 makes them. */
export const createSnapshots: Migration = {
  name: '0002_create_snapshots',
  tables: ['snapshots'],
  up: ({ schema }) => [
    `CREATE TABLE ${qualified(schema, 'snapshots')} (
  aggregate_id bytea NOT NULL,
  sequence integer NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (aggregate_id),
  CONSTRAINT hlc_field_aggregate_id_size CHECK (length(aggregate_id) = 16)
)`,
  ],
  down: ({ schema }) => [`DROP TABLE ${qualified(schema, 'snapshots')}`],
};
