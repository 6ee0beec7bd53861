import type { Knex } from 'knex';
import type { Interop } from '../../store/interop.js';
import type { Executor } from '../../store/read/rows.js';
import { checkSchemaName, DEFAULT_SCHEMA, qualified } from '../../store/schema-name.js';

/** Where an event store is: what `openDatabase` gives, or a Knex instance and the schema of the tables. */
export interface EventLog {
  /** Runs the statements: a Knex instance, or a transaction of one. */
  readonly knex: Executor;
  /** The schema of the tables. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /** Other systems that read the tables: what they cannot read is not written, and `verifyLog` looks for it. @defaultValue none */
  readonly interop?: Interop | undefined;
}

/**
 * An event log on a Knex instance, not inside a transaction of one: for work that begins a transaction of its own and takes its
 * outcome from COMMIT.
 */
export interface NonTransactionalLog extends EventLog {
  readonly knex: Knex;
}

/** The names of the tables in SQL. Throws `InvalidArgumentError` for a schema name that is not one. */
export function tablesOf({ schema = DEFAULT_SCHEMA }: Pick<EventLog, 'schema'>): { log: string; snapshots: string } {
  return { log: qualified(checkSchemaName(schema), 'event_log'), snapshots: qualified(schema, 'snapshots') };
}
