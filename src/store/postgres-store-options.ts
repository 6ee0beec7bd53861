import type { NumberMode } from '../json/types.js';
import type { Interop } from './interop.js';
import type { JoinOptions } from './driver/joined.js';

/** Options of a `PostgresStore`, besides its Knex instance. */
export interface PostgresStoreOptions {
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string;
  /** Mode in which numbers in bodies are read unless a read says otherwise. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
  /**
   * Compare every row that comes back with the one that was sent, and roll back when they differ. Costs a transaction
   * for every commit; on by default for the embedded database. @defaultValue false
   */
  readonly verifyWrites?: boolean;
  /**
   * Keep the statements of the store prepared on the connections of its Knex instance. Turn it off behind a pooler in
   * transaction mode that does not know prepared statements (PgBouncer before 1.21, or with `max_prepared_statements` 0);
   * a statement that such a pooler has lost is sent again without, at the price of a round trip. @defaultValue true
   */
  readonly preparedStatements?: boolean;
  /**
   * Send commits without projections that arrive while another one is under way together, in one statement. Each stays
   * atomic by itself and gets its own answer; a lone caller waits for nothing. @defaultValue true
   */
  readonly groupCommits?: boolean;
  /**
   * `elixir` for tables that an Elixir application reads, too: events and snapshots that Elixir's Maestro cannot read are
   * refused before any SQL, namely integers of more than 1,024 characters, other numbers beyond a double, and snapshots with a
   * version. @defaultValue everything that PostgreSQL can hold is taken
   */
  readonly interop?: Interop | undefined;
  /** Time that a commit whose connection broke may look for its outcome, in milliseconds. @defaultValue 10000 */
  readonly recoveryTimeout?: number;
}

/** Narrows a read of one aggregate's stored events further than by sequence. */
export interface StoredEventOptions extends JoinOptions {
  /** The last sequence to read, inclusive. @defaultValue 2147483647 */
  readonly maxSequence?: number | undefined;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events whose time is at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events whose time is at most this, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Last sequence first. @defaultValue false */
  readonly reverse?: boolean | undefined;
  /** At most this many events. */
  readonly limit?: number | undefined;
}
