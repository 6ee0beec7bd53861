import type { Knex } from 'knex';
import type { Interop } from '../store/interop.js';
import type { PostgresStore } from '../store/postgres-store.js';

/** An open database. */
export interface Database {
  /** Runs statements on it. */
  readonly knex: Knex;
  /** The store in the schema that was asked for. */
  readonly store: PostgresStore;
  /** The schema that was asked for. */
  readonly schema: string;
  /** Other systems that read the tables, as given when the database was opened. */
  readonly interop?: Interop | undefined;
  /** Whether it is the embedded one. */
  readonly embedded: boolean;
  /** Where it is, without a password, for messages. */
  readonly location: string;
  /**
   * Lets commands, statements and transactions that are under way end, for up to `closeTimeout`, and ends all connections;
   * what is begun afterwards throws `DatabaseClosedError`, also on {@link knex} itself. A program ends when its database is
   * closed; with the embedded one it does not end before. An embedded database is free for other processes then. Safe to
   * call twice; inside a transaction or a projection, do not wait for it.
   */
  readonly close: () => Promise<void>;
}
