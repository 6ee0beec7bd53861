import type { Knex } from 'knex';
import { PLAIN, type WantedLayout } from '../../layout/layout.js';
import { execute } from '../../read/rows.js';
import { qualified } from '../../schema-name.js';
import { holdingRows } from '../holding-rows.js';
import { lockTables } from '../lock-tables.js';
import { ForeignSchemaError, LayoutMismatchError } from '../migration-errors.js';
import { layoutOf, MIGRATIONS_TABLE, type MigrationState, type Shapes } from '../migration-state.js';
import type { TableName } from '../migration.js';
import { conversionOf, GO_ON, UNFINISHED } from './online/conversion.js';
import { place, placeOnCoordinator } from './placement.js';

/** Number of shards where nobody names one: Citus' own default. */
const SHARDS = 32;

/** Number of shards for a wanted layout. */
export function shardsOf({ parts = SHARDS }: WantedLayout): number {
  return parts;
}

/** True when the tables are there in the plain layout, and are wanted on the nodes of a cluster. */
export function isToBeDistributed(state: MigrationState, wanted: WantedLayout | undefined): wanted is WantedLayout {
  return wanted?.kind === 'citus' && layoutOf(state)?.kind === PLAIN.kind;
}

/** The statements that distribute the existing tables, under a lock on them. Throws {@link ForeignSchemaError} where that was begun while they were used. */
export function distribution(
  { shapes, bookkeepingExists }: MigrationState,
  schema: string,
  wanted: WantedLayout,
): string[] {
  assertNotBegun(shapes);
  const log = qualified(schema, 'event_log');
  return [
    // The constraint may have another name than PostgreSQL would give it.
    `DO $$ BEGIN
  EXECUTE format('ALTER TABLE ${log} DROP CONSTRAINT %I', (SELECT conname FROM pg_constraint WHERE conrelid = '${log}'::regclass AND contype = 'p'));
END $$`,
    `ALTER TABLE ${log} ADD PRIMARY KEY ("timestamp", aggregate_id)`,
    ...[...shapes.keys()].map((table) => place(schema, table, shardsOf(wanted))),
    ...(bookkeepingExists ? [placeOnCoordinator(schema, MIGRATIONS_TABLE)] : []),
  ];
}

/**
 * Distributes the existing tables while nobody else has them; gives their names. Throws {@link LayoutMismatchError} when one of them
 * holds rows, and {@link ForeignSchemaError} where they are being spread with their rows.
 */
export async function distribute(
  transaction: Knex.Transaction,
  schema: string,
  state: MigrationState,
  wanted: WantedLayout,
  timeout: number,
): Promise<readonly TableName[]> {
  assertNotBegun(state.shapes);
  const tables = [...state.shapes.keys()];
  const names = tables.map((table) => qualified(schema, table));
  await lockTables(transaction, names, 'ACCESS EXCLUSIVE', timeout, async () => {
    const full = await holdingRows(transaction, schema, tables);
    if (full.length > 0) throw holdsRows(full);
    for (const statement of distribution(state, schema, wanted)) await execute(transaction, statement);
  });
  return tables;
}

function assertNotBegun(shapes: Shapes): void {
  if (conversionOf(shapes) === 'unfinished') throw new ForeignSchemaError([UNFINISHED], GO_ON);
}

function holdsRows(tables: readonly TableName[]): LayoutMismatchError {
  return new LayoutMismatchError(
    `Only empty tables can be distributed over the nodes of a Citus cluster, and ${tables.join(', ')} ${tables.length === 1 ? 'holds' : 'hold'} rows.`,
    {
      hint: 'Add --online to spread them while the application runs; or migrate another schema with --citus, export the events from this one, and import them there. Nothing was changed.',
    },
  );
}
