import type { Knex } from 'knex';
import type { Interop } from '../../store/commit/interop.js';
import type { Executor } from '../../store/read/rows.js';
import { checkSchemaName, DEFAULT_SCHEMA, qualified } from '../../store/schema-name.js';

/** An event store in a database: the result of `openDatabase`, or a Knex instance and the schema of the tables. */
export interface EventLog {
  /** Runs the statements: a Knex instance, or a transaction of one. */
  readonly knex: Executor;
  /** The schema of the tables. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /**
   * Another system that reads the tables: nothing is written that it cannot read, and `verifyLog` finds stored values
   * that it cannot read.
   * @defaultValue none
   */
  readonly interop?: Interop | undefined;
}

/**
 * An event log on a Knex instance, not inside a transaction of one: for functions that begin a transaction of their own
 * and report the outcome of its COMMIT.
 */
export interface NonTransactionalLog extends EventLog {
  readonly knex: Knex;
}

/** The names of the tables in SQL. Throws `InvalidArgumentError` for an invalid schema name. */
export function tablesOf({ schema = DEFAULT_SCHEMA }: Pick<EventLog, 'schema'>) {
  return {
    log: qualified(checkSchemaName(schema), 'event_log'),
    snapshots: qualified(schema, 'snapshots'),
    /** The command ids that were carried out; not there in a database of an older Maestro, or of Elixir's. */
    commands: qualified(schema, 'maestro_commands'),
  };
}
