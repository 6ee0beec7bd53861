/** A pooler in transaction mode, in front of a server. */
export interface Pooler {
  /** Name and version, such as `PgBouncer 1.18.0`. */
  readonly name: string;
  /** The loopback port to connect to instead of the server's. Any user and password will do. */
  readonly port: number;
  close(): Promise<void>;
}

/** Number of connections to the server that a pooler has. */
export const SERVER_CONNECTIONS = 4;
