import { projectionTables } from '../src/store/projection-tables.js';
import type { Migration } from '../src/store/migrate/migration.js';

/**
 * The tables with which read models and subscriptions follow the log. Elixir Maestro does not know them, and nothing that
 * is written to the log touches them, unless it has a projection.
 */
export const createProjections: Migration = {
  name: '0004_create_projections',
  tables: [
    'maestro_projections',
    'maestro_positions',
    'maestro_parked',
    'maestro_skipped',
    'maestro_workers',
    'maestro_leases',
  ],
  up: ({ schema }) => {
    const { projections, positions, parked, skipped, workers, leases } = projectionTables(schema);
    const place = 'copy integer NOT NULL,\n  aggregate_id bytea NOT NULL,';
    const check = 'CONSTRAINT hlc_field_aggregate_id_size CHECK (length(aggregate_id) = 16)';
    return [
      `CREATE TABLE ${projections} (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  live_schema text,
  build_schema text,
  tables text[] NOT NULL DEFAULT '{}',
  objects text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  switched_at timestamptz
)`,
      // One name has one live copy, and one that is being filled.
      `CREATE UNIQUE INDEX ON ${projections} (name) WHERE status = 'live'`,
      `CREATE UNIQUE INDEX ON ${projections} (name) WHERE status = 'building'`,
      // Positions are updated in place for ever: room on the page keeps them out of the index.
      `CREATE TABLE ${positions} (
  ${place}
  sequence integer NOT NULL,
  PRIMARY KEY (copy, aggregate_id),
  ${check}
) WITH (fillfactor = 80)`,
      `CREATE TABLE ${parked} (
  ${place}
  sequence integer NOT NULL,
  reason text NOT NULL,
  error text NOT NULL,
  attempts integer NOT NULL,
  first_failed_at timestamptz NOT NULL,
  failed_at timestamptz NOT NULL,
  next_try timestamptz NOT NULL,
  PRIMARY KEY (copy, aggregate_id),
  ${check}
)`,
      `CREATE TABLE ${skipped} (
  ${place}
  sequence integer NOT NULL,
  error text NOT NULL,
  reason text NOT NULL,
  skipped_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (copy, aggregate_id, sequence),
  ${check}
)`,
      `CREATE TABLE ${workers} (
  id uuid NOT NULL,
  copy integer NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  taken bigint NOT NULL,
  per_second real NOT NULL,
  PRIMARY KEY (id, copy)
)`,
      `CREATE TABLE ${leases} (
  ${place}
  worker uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (copy, aggregate_id),
  ${check}
)`,
    ];
  },
  down: ({ schema }) => {
    const { projections, positions, parked, skipped, workers, leases } = projectionTables(schema);
    return [`DROP TABLE ${[leases, workers, skipped, parked, positions, projections].join(', ')}`];
  },
};
