/** A pooler in transaction mode, in front of a server. */
export interface Pooler {
  /** What it is, such as `PgBouncer 1.18.0`. */
  readonly name: string;
  /** The loopback port to connect to instead of the server's. Any user and password will do. */
  readonly port: number;
  close(): Promise<void>;
}

/** How many connections to the server a pooler has. */
export const SERVER_CONNECTIONS = 4;
