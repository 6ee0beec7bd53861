/** Where and how the tables are made. */
export interface MigrationContext {
  /** The schema that holds the tables; its name has been checked. */
  readonly schema: string;
  /** How many hash partitions the event log has; 1 is the plain table. */
  readonly partitions: number;
}

/** One step of the schema. */
export interface Migration {
  /** Its name in the bookkeeping: the name of its file, without extension. */
  readonly name: string;
  /** The table that it makes. */
  readonly table: 'event_log' | 'snapshots';
  /** The statements that take the step. */
  up(context: MigrationContext): string[];
  /** The statements that take it back. */
  down(context: MigrationContext): string[];
}
