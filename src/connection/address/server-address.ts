import type { SslMode } from '../server/ssl.js';

/** One server of those that are tried. */
export interface HostAddress {
  /** A host name or address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** The address to connect to without asking for that of the host; its certificate is still that of the host. */
  readonly hostAddress?: string | undefined;
}

/** Kind of server that is meant among several, by PostgreSQL's own names. */
export type TargetSession = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';

/** Place of a PostgreSQL server and the way to log in, all of it spelled out. */
export interface ServerAddress extends HostAddress {
  /** More servers, to be tried in this order when the first cannot be reached or is not the one that is meant. */
  readonly otherHosts: readonly HostAddress[];
  /** Try them in another order each time. */
  readonly shuffled: boolean;
  readonly targetSession: TargetSession;
  readonly user: string;
  /** Left to the password file when absent, as psql does. */
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
  /** `direct` begins with TLS, without asking in plaintext first. */
  readonly sslNegotiation: 'postgres' | 'direct';
  readonly sslVersions: { readonly min: string | undefined; readonly max: string | undefined };
  readonly channelBinding: 'disable' | 'prefer' | 'require';
  readonly applicationName: string | undefined;
  /** Seconds; 0 for no limit. */
  readonly connectTimeout: number | undefined;
  /** Settings of the session, as arguments of the server's command line. */
  readonly options: string | undefined;
  /** Seconds of silence after which the system asks whether the other side is still there; 0 for never. */
  readonly keepAlive: number | undefined;
  /** The pooler that the URL says is in between. */
  readonly pooler: 'transaction' | undefined;
}
