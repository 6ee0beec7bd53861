import type { Migration } from '../src/store/migrate/migration.js';
import { qualified } from '../src/store/schema-name.js';

/**
 * The command ids that were carried out, with the events of each: from `first_sequence` to `last_sequence`, which is one
 * less for a command without events. Ids are compared byte by byte, so no upgrade of the operating system's collations
 * can spoil the index. Elixir Maestro does not know the table.
 */
export const createCommands: Migration = {
  name: '0003_create_commands',
  tables: ['maestro_commands'],
  up: ({ schema }) => [
    `CREATE TABLE ${qualified(schema, 'maestro_commands')} (
  aggregate_id bytea NOT NULL,
  command_id text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  first_sequence integer NOT NULL,
  last_sequence integer NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (aggregate_id, command_id),
  CONSTRAINT hlc_field_aggregate_id_size CHECK (length(aggregate_id) = 16)
)`,
  ],
  down: ({ schema }) => [`DROP TABLE ${qualified(schema, 'maestro_commands')}`],
};
