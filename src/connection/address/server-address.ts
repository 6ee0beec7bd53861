import type { SslMode } from '../server/ssl.js';

/** One of the servers to try. */
export interface HostAddress {
  /** A host name or address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** The IP address to connect to, so that the host is not looked up; the certificate must still be for the host. */
  readonly hostAddress?: string | undefined;
}

/** Values of `target_session_attrs`: the kind of server to connect to when there are several. */
export type TargetSession = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';

/** Complete address of a PostgreSQL server, with everything that logging in needs. */
export interface ServerAddress extends HostAddress {
  /** More servers, tried in this order when the first cannot be reached or does not fit {@link targetSession}. */
  readonly otherHosts: readonly HostAddress[];
  /** Try the servers in a new random order for each connection. */
  readonly shuffled: boolean;
  readonly targetSession: TargetSession;
  readonly user: string;
  /** The password; when absent, the password file is read, as psql does. */
  readonly password: string | undefined;
  /** The password file; absent for `~/.pgpass`. */
  readonly passFile: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  /** Password that the key is encrypted with. */
  readonly sslPassword: string | undefined;
  readonly sslCrl: string | undefined;
  /** `direct` starts with TLS; `postgres` asks the server in plaintext first. */
  readonly sslNegotiation: 'postgres' | 'direct';
  readonly sslVersions: { readonly min: string | undefined; readonly max: string | undefined };
  readonly channelBinding: 'disable' | 'prefer' | 'require';
  readonly applicationName: string | undefined;
  /** Seconds; 0 for no limit. */
  readonly connectTimeout: number | undefined;
  /** Settings of the session, written like arguments of the server's command line: `-c name=value`. */
  readonly options: string | undefined;
  /** Seconds of silence before the first TCP keepalive; 0 turns keepalives off. */
  readonly keepAlive: number | undefined;
  /** The pooler that the URL names. */
  readonly pooler: 'transaction' | undefined;
}
