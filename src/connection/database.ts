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
  /** Who else reads the tables, as it was said when the database was opened. */
  readonly interop?: Interop | undefined;
  /** Whether it is the embedded one. */
  readonly embedded: boolean;
  /** Where it is, without a password, for messages. */
  readonly location: string;
  /** Ends all connections; an embedded database is free for other processes afterwards. Safe to call twice. */
  readonly close: () => Promise<void>;
}
