import { projectionTables } from '../src/store/projection-tables.js';
import type { Migration } from '../src/store/migrate/migration.js';

/**
 * The table in which whoever moves a position of a live copy says so while another copy is about to replace it. Which those were
 * cannot be seen from the positions without reading all of them, and others wait while a switch looks for them.
 */
export const createMoves: Migration = {
  name: '0005_create_moves',
  tables: ['maestro_moves'],
  up: ({ schema }) => {
    const { moves } = projectionTables(schema);
    return [
      `CREATE TABLE ${moves} (
  copy integer NOT NULL,
  aggregate_id bytea,
  moved xid8 NOT NULL DEFAULT pg_current_xact_id()
)`,
      // The row that says that the moves of a copy are recorded, for which each commit with an inline projection looks.
      `CREATE UNIQUE INDEX ON ${moves} (copy) WHERE aggregate_id IS NULL`,
      `CREATE INDEX ON ${moves} (copy, moved) WHERE aggregate_id IS NOT NULL`,
    ];
  },
  down: ({ schema }) => [`DROP TABLE ${projectionTables(schema).moves}`],
};
