import type { NumberMode } from '../json/types.js';
import type { Interop } from './commit/interop.js';
import type { JoinOptions } from './transactions/joined.js';

/** Options of a `PostgresStore`, besides its Knex instance. */
export interface PostgresStoreOptions {
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string;
  /** The mode of numbers in bodies unless a read names another. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
  /**
   * Compare every stored row with the one that was sent, and roll back when they differ. Makes every commit a
   * transaction; on by default for the embedded database. @defaultValue false
   */
  readonly verifyWrites?: boolean;
  /**
   * Use prepared statements on the connections of the Knex instance. Turn it off behind a pooler in transaction mode
   * without support for them (PgBouncer before 1.21, or with `max_prepared_statements` 0). When such a pooler has lost
   * a statement, it is sent again unprepared, which costs a round trip. @defaultValue true
   */
  readonly preparedStatements?: boolean;
  /**
   * Send commits that arrive while another one is under way together, in one statement (not those with projections).
   * Each stays atomic and gets its own result; a commit that finds none under way is sent at once. @defaultValue true
   */
  readonly groupCommits?: boolean;
  /**
   * `elixir` for tables that an Elixir application reads, too. Refuses, before any SQL, events and snapshots that
   * Elixir's Maestro cannot read: integers of more than 1,024 characters, other numbers beyond a double, and snapshots
   * with a version.
   * @defaultValue everything that PostgreSQL can store is accepted
   */
  readonly interop?: Interop | undefined;
  /**
   * Time to find the outcome of a commit whose connection broke, in milliseconds; then `OutcomeUnknownError`.
   * @defaultValue 10000
   */
  readonly recoveryTimeout?: number;
}

/** Filters and order of a read of one aggregate's stored events. */
export interface StoredEventOptions extends JoinOptions {
  /** The last sequence to read, inclusive. @defaultValue 2147483647 */
  readonly maxSequence?: number | undefined;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events with a time of at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this, in milliseconds since 1970, that millisecond included. */
  readonly until?: number | undefined;
  /** Last sequence first. @defaultValue false */
  readonly reverse?: boolean | undefined;
  /** Largest number of events. */
  readonly limit?: number | undefined;
}
