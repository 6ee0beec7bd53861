import type { Knex } from 'knex';
import type { Interop } from '../store/commit/interop.js';
import type { PostgresStore } from '../store/postgres-store.js';

/** An open database. */
export interface Database {
  /** The Knex instance that runs statements on it. */
  readonly knex: Knex;
  /** The event store in {@link schema}. */
  readonly store: PostgresStore;
  /** The schema that holds the tables. */
  readonly schema: string;
  /** `elixir` when an Elixir application reads the tables, too; as given when the database was opened. */
  readonly interop?: Interop | undefined;
  /** True for the embedded database, false for a server. */
  readonly embedded: boolean;
  /** The address without the password, or the folder of the embedded database; for messages. */
  readonly location: string;
  /**
   * Waits up to `closeTimeout` for running commands, statements and transactions, then ends all connections. Anything that
   * starts afterwards throws `DatabaseClosedError`, also on {@link knex} itself. An embedded database keeps the process
   * running until it is closed, and other processes can open it afterwards. May be called twice. Awaiting it inside a
   * transaction or a projection would wait for itself.
   */
  readonly close: () => Promise<void>;
}
