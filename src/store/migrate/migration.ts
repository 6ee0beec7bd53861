import type { Layout } from '../layout/layout.js';
import type { PROJECTION_TABLES } from '../projection-tables.js';

/** The place and layout of the tables. */
export interface MigrationContext {
  /** The schema that holds the tables; its name has been checked. */
  readonly schema: string;
  readonly layout: Layout;
}

/** A table of the store, by its name. */
export type TableName = 'event_log' | 'snapshots' | 'maestro_commands' | (typeof PROJECTION_TABLES)[number];

/** One step of the schema. */
export interface Migration {
  /** Its name in the bookkeeping: the name of its file, without extension. */
  readonly name: string;
  /** The tables that it makes, in this order. */
  readonly tables: readonly TableName[];
  /** The statements that take the step. */
  up(context: MigrationContext): string[];
  /** The statements that take it back. */
  down(context: MigrationContext): string[];
}
