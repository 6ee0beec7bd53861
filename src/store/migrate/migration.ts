/** The place and layout of the tables. */
export interface MigrationContext {
  /** The schema that holds the tables; its name has been checked. */
  readonly schema: string;
  /** Number of hash partitions of the event log; 1 is the plain table. */
  readonly partitions: number;
}

/** One step of the schema. */
export interface Migration {
  /** Its name in the bookkeeping: the name of its file, without extension. */
  readonly name: string;
  /** The table that it makes. */
  readonly table: 'event_log' | 'snapshots' | 'maestro_commands';
  /** The statements that take the step. */
  up(context: MigrationContext): string[];
  /** The statements that take it back. */
  down(context: MigrationContext): string[];
}
