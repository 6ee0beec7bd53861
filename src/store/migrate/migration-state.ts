import { migrations } from '../../../migrations/index.js';
import { fits, isOnCitus, type Layout, layoutText, PLAIN, type WantedLayout } from '../layout/layout.js';
import { layoutFrom } from '../layout/read-layout.js';
import { conversionOf, GO_ON, UNFINISHED } from './citus/online/conversion.js';
import { layoutCommand } from './relayout/layout-command.js';
import { tableDifferences } from './table-differences.js';
import type { Migration, TableName } from './migration.js';
import { DatabaseNewerError, ForeignSchemaError, LayoutMismatchError } from './migration-errors.js';
import { type Executor, query } from '../read/rows.js';
import { qualified } from '../schema-name.js';
import { readTableShape, type TableShape } from './table-shape.js';

/**
 * The table of applied steps; its name differs from that of Knex, which an application may use for its own migrations.
 */
export const MIGRATIONS_TABLE = 'maestro_migrations';
/** The batch number of adopted steps. */
export const ADOPTED_BATCH = 0;

/** A row of the table of applied steps. */
export interface AppliedStep {
  readonly name: string;
  readonly batch: number;
  readonly at: Date | null;
}

/** The shapes of the tables that exist, by name. */
export type Shapes = ReadonlyMap<TableName, TableShape>;

/** The parts of an event store that exist in a schema. */
export interface MigrationState {
  readonly schemaExists: boolean;
  readonly bookkeepingExists: boolean;
  readonly applied: readonly AppliedStep[];
  readonly shapes: Shapes;
}

/** The state of a database in which there is nothing yet. */
export const EMPTY_STATE: MigrationState = {
  schemaExists: false,
  bookkeepingExists: false,
  applied: [],
  shapes: new Map(),
};

/** Reads the state of a schema; writes nothing. */
export async function readMigrationState(on: Executor, schema: string): Promise<MigrationState> {
  const [found] = await query<[boolean, boolean]>(
    on,
    `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = ?),
EXISTS (SELECT FROM pg_tables WHERE schemaname = ? AND tablename = '${MIGRATIONS_TABLE}')`,
    [schema, schema],
  );
  const [schemaExists, bookkeepingExists] = found ?? [false, false];
  const tables = schemaExists ? migrations.flatMap((step) => step.tables) : [];
  const shapes = await readShapes(on, schema, tables);
  return { schemaExists, bookkeepingExists, applied: bookkeepingExists ? await readApplied(on, schema) : [], shapes };
}

/** Reads the shapes of those of the tables that exist. */
export async function readShapes(on: Executor, schema: string, tables: readonly TableName[]): Promise<Shapes> {
  const shapes = new Map<TableName, TableShape>();
  for (const table of tables) {
    const shape = await readTableShape(on, schema, table);
    if (shape !== undefined) shapes.set(table, shape);
  }
  return shapes;
}

async function readApplied(on: Executor, schema: string): Promise<AppliedStep[]> {
  // As a number, which does not depend on DateStyle or on an application's own parser of times.
  const time = 'floor(extract(epoch FROM migration_time) * 1000)::bigint::text';
  const sql = `SELECT name, batch, ${time} FROM ${qualified(schema, MIGRATIONS_TABLE)} ORDER BY id`;
  const rows = await query<[string, number, string | null]>(on, sql);
  return rows.map(([name, batch, at]) => ({ name, batch, at: at === null ? null : new Date(Number(at)) }));
}

/** The steps that have not been applied. */
export function pendingSteps({ applied }: MigrationState): readonly Migration[] {
  return migrations.filter(({ name }) => !applied.some((step) => step.name === name));
}

/** True for a step that everything needs: without its table nothing can be stored. Of the others, only what uses their table. */
export function isEssential({ tables }: Pick<Migration, 'tables'>): boolean {
  return tables.includes('event_log') || tables.includes('snapshots');
}

/** True when a table of a step exists, so that the step is adopted, not applied. */
export function isThere({ tables }: Pick<Migration, 'tables'>, shapes: Shapes): boolean {
  return tables.some((table) => shapes.has(table));
}

/** The names of applied steps that this version does not have. */
export function unknownSteps({ applied }: MigrationState): string[] {
  return applied.map((step) => step.name).filter((name) => !migrations.some((migration) => migration.name === name));
}

/** The layout of the tables; `undefined` when there is no log. */
export function layoutOf({ shapes }: Pick<MigrationState, 'shapes'>): Layout | undefined {
  const log = shapes.get('event_log');
  if (log === undefined) return undefined;
  return layoutFrom(log.kind === 'partitioned' ? log.partitions.length : null, log.distribution);
}

/** The faults of existing tables, and applied steps whose table is missing; a sentence each. */
export function tableFaults({ applied, shapes }: MigrationState): string[] {
  const faults = migrations.flatMap((step) =>
    stepFaults(
      step,
      shapes,
      applied.some(({ name }) => name === step.name),
    ),
  );
  return conversionOf(shapes) === 'unfinished' ? [UNFINISHED, ...faults] : faults;
}

/** The faults of the existing tables of a step, and those of its tables that are missing; a sentence each. */
export function stepFaults(step: Migration, shapes: Shapes, isApplied: boolean): string[] {
  return step.tables.flatMap((table) => {
    const shape = shapes.get(table);
    if (shape !== undefined) return tableDifferences(table, shape, shapes.get('event_log'));
    if (isApplied) return [`${table} is missing although ${step.name} was applied`];
    return isThere(step, shapes) ? [`${table} is missing although other tables of ${step.name} are there`] : [];
  });
}

/**
 * Throws unless this version can work on the state: {@link DatabaseNewerError}, {@link ForeignSchemaError}, or
 * {@link LayoutMismatchError} when another layout is wanted than there is.
 */
export function assertUsableState(state: MigrationState, wanted: WantedLayout | undefined): void {
  const unknown = unknownSteps(state);
  if (unknown.length > 0) throw new DatabaseNewerError(unknown);
  const faults = tableFaults(state);
  if (faults.length > 0) throw new ForeignSchemaError(faults, faults.includes(UNFINISHED) ? GO_ON : undefined);
  const present = layoutOf(state);
  if (present !== undefined && wanted !== undefined && !fits(present, wanted))
    throw new LayoutMismatchError(
      `The event log has ${layoutText(present)}; it cannot be changed to ${layoutText(wanted)}.`,
      {
        hint:
          present.kind === 'partitioned' && wanted.kind === 'citus'
            ? `Lay the log out as one table first: \`${layoutCommand(PLAIN)}\`. Nothing was changed.`
            : isOnCitus(present) || isOnCitus(wanted)
              ? `Leave ${wanted.kind === 'citus' ? '--citus and --shard-count' : '--partitions'} out to keep the layout, or name another schema. Nothing was changed.`
              : `Leave --partitions out to keep the layout, or lay the log out anew while it is used: \`${layoutCommand(wanted)}\`. Nothing was changed.`,
      },
    );
}
