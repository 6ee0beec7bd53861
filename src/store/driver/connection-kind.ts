import type { RawConnection } from './relied-upon.js';

/** Facts about the connections of a driver that whoever takes them from a pool has to know. */
export interface ConnectionKind<Raw extends RawConnection> {
  /** There is but one connection: the embedded engine. */
  readonly isEmbedded: boolean;
  /** Called with each connection that is taken. */
  taken(connection: Raw): void;
  /** True when a transaction is open on it, as far as this side knows. */
  isInTransaction(connection: Raw): boolean;
  /**
   * Has the server end what a connection is at, and cuts it off, because the request could come late and reach what is next.
   * Resolves when the server was told.
   */
  cancel(connection: Raw): Promise<void>;
  /** Ends a connection that nobody is to use any more. */
  end(connection: Raw): void;
}
