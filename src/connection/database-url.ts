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
/** Stands in for a host that is not named. */
const NO_HOST = 'no-host.invalid';
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
  if (!/^\w+:\/\//.test(text)) return fail('is not a URL with // after its beginning');
  if (/[/@]/.test(url.pathname.slice(1)))
    return fail('has a / or @ in its database name; in a password write / as %2F and @ as %40');
  if (url.hash !== '') return fail('has a part after #; write a # in a password as %23');
  if (url.search.includes('@')) return fail('has a @ after its ?; in a password write ? as %3F and @ as %40');
  const parameters = parametersOf(url, fail);
  const database = decoded(url.pathname.replace(/^\//, ''), 'database name', fail);
  if (database === '') return fail('names no database');
  const named = url.hostname === NO_HOST ? '' : decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host', fail);
  if (named !== '' && parameters.has('host')) return fail('names a host twice');
  const host = parameters.get('host') ?? named;
  if (host === '') return fail('names no host');
  if (host.includes(',')) return fail('names several hosts; name one');
  if (url.port === '0') return fail('names the port 0, on which no server is');
  const sslMode = parameters.get('sslmode') ?? 'disable';
  if (!isSslMode(sslMode)) return fail(`has ${shown('the sslmode', sslMode)}`, `It is one of ${SSL_MODES.join(', ')}.`);
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
    // A user without a host is what a socket folder in ?host= needs, and what URLs in general do not allow.
    return new URL(text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?#]|$)/, `$1${NO_HOST}`));
  } catch {
    return undefined;
  }
}

function parametersOf(url: URL, fail: Fail): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.includes(name))
      fail(`has ${shown('the unknown parameter', name)}`, `Known are ${PARAMETERS.join(', ')}. ${advice(name)}`.trim());
    if (parameters.has(name)) fail(`has the parameter ${name} twice`);
    if (value === '') fail(`has the parameter ${name} without a value`);
    if (value.includes('\0')) fail(`has U+0000 in the parameter ${name}`);
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
  const result = percentDecoded(text);
  if (result === undefined) return fail(`has a ${part} that is not percent-encoded properly; write a % as %25`);
  if (result.includes('\0')) return fail(`has U+0000 in its ${part}`);
  return result;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Names what was given only when it is a plain word: a mistyped URL may have a piece of the password there. */
function shown(what: string, given: string): string {
  return /^[A-Za-z_-]{1,30}$/.test(given) ? `${what} ${JSON.stringify(given)}` : `${what} that is given`;
}

function connectTimeout(text: string | undefined, fail: Fail): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) fail('has a connect_timeout that is not a whole number of seconds from 1');
  return Number(text);
}
