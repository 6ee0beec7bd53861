import { ConfigurationError } from './errors.js';
import { isSslMode, SSL_MODES, type SslMode } from './ssl.js';

/** Where a PostgreSQL server is and how to log in, all of it spelled out. */
export interface ServerAddress {
  /** A host name or address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Left to `PGUSER` or the operating system's user when absent, as psql does. */
  readonly user: string | undefined;
  /** Left to `PGPASSWORD` or `~/.pgpass` when absent, as psql does. */
  readonly password: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly applicationName: string | undefined;
  /** Seconds. */
  readonly connectTimeout: number | undefined;
}

const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'application_name', 'connect_timeout'];
const EXAMPLE = 'Write it like postgres://user:password@host:5432/database?sslmode=verify-full.';

/**
 * Reads a `postgres://` or `postgresql://` URL strictly: what is missing or unknown is a {@link ConfigurationError}
 * that names `source` (such as `--url`), never a guess. The error never contains the URL, which may hold a password.
 */
export function parseDatabaseUrl(text: string, source: string): ServerAddress {
  const fail = (problem: string, hint = EXAMPLE) => {
    throw new ConfigurationError(`The database URL of ${source} ${problem}.`, { hint });
  };
  if (text.trim() === '')
    return fail('is empty', `Name a database, or leave ${source} out to use another one. ${EXAMPLE}`);
  const url = parsed(text) ?? fail('is not a URL');
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    return fail(`begins with ${JSON.stringify(url.protocol)}, not with postgres: or postgresql:`);
  if (url.hash !== '') return fail('has a part after #; write a # in a password as %23');
  const parameters = parametersOf(url, fail);
  const database = decoded(url.pathname.replace(/^\//, ''), 'database name', fail);
  if (database === '') return fail('names no database');
  if (url.hostname !== '' && parameters.has('host')) return fail('names a host twice');
  const host = parameters.get('host') ?? decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host', fail);
  if (host === '') return fail('names no host');
  if (host.includes(',')) return fail('names several hosts; name one');
  const sslMode = parameters.get('sslmode') ?? 'disable';
  if (!isSslMode(sslMode))
    return fail(`has the sslmode ${JSON.stringify(sslMode)}`, `It is one of ${SSL_MODES.join(', ')}.`);
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user: decoded(url.username, 'user', fail) || undefined,
    password: decoded(url.password, 'password', fail) || undefined,
    database,
    sslMode,
    sslRootCert: parameters.get('sslrootcert'),
    sslCert: parameters.get('sslcert'),
    sslKey: parameters.get('sslkey'),
    applicationName: parameters.get('application_name'),
    connectTimeout: connectTimeout(parameters.get('connect_timeout'), fail),
  };
}

/** The address as text without the password, for messages. */
export function addressText({ host, port, user, database }: ServerAddress): string {
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${shownHost}:${port}/${database}`;
}

/** Whether connections to this host stay on this machine. */
export function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

type Fail = (problem: string, hint?: string) => never;

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function parametersOf(url: URL, fail: Fail): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.includes(name))
      fail(
        `has the unknown parameter ${JSON.stringify(name)}`,
        `Known are ${PARAMETERS.join(', ')}. ${advice(name)}`.trim(),
      );
    if (parameters.has(name)) fail(`has the parameter ${name} twice`);
    if (value === '') fail(`has the parameter ${name} without a value`);
    parameters.set(name, value);
  }
  return parameters;
}

/** What other tools put into a URL and Maestro takes elsewhere. */
function advice(parameter: string): string {
  if (parameter === 'schema') return 'Name the schema with --schema or MAESTRO_SCHEMA.';
  if (parameter === 'pgbouncer') return 'For PgBouncer in transaction mode use --pooler transaction.';
  return '';
}

function decoded(text: string, part: string, fail: Fail): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fail(`has a ${part} that is not percent-encoded properly; write a % as %25`);
  }
}

function connectTimeout(text: string | undefined, fail: Fail): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) fail('has a connect_timeout that is not a whole number of seconds from 1');
  return Number(text);
}
