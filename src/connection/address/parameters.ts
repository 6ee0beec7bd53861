/** The supported connection parameters, each with the environment variable that PostgreSQL's own programs read for it. */
export const PARAMETERS = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: undefined,
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  application_name: 'PGAPPNAME',
  fallback_application_name: undefined,
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
  keepalives: undefined,
  keepalives_idle: undefined,
  pgbouncer: undefined,
} as const satisfies Readonly<Record<string, string | undefined>>;

/** The name of a supported parameter. */
export type ParameterName = keyof typeof PARAMETERS;

/** True for the name of a supported parameter. */
export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETERS, name);
}

/** A parameter that is refused, except with values that ask for what happens anyway. */
interface UnsupportedParameter {
  /** The environment variable that sets it; absent when none is looked at. */
  readonly variable?: string;
  /** Values that are accepted because they change nothing. */
  readonly harmless: readonly string[];
  /** Advice on what to write instead of another value. */
  readonly hint: string;
}

const NO_GSS =
  'Maestro logs in with a password, with a certificate or without either (trust), not with Kerberos. Leave it out.';
const BY_SYSTEM = 'Node.js leaves this to the operating system; leave it out.';
const PRISMA = 'It is a setting of Prisma; leave it out.';
const SUPABASE = 'Supabase adds it for its own use; leave it out.';
const SEARCH_PATH = 'Name the schema with --schema, MAESTRO_SCHEMA or `schema`, and leave this out.';

/** Parameters that PostgreSQL's own programs, other drivers or hosting services use, and that Maestro does not support. */
export const UNSUPPORTED_PARAMETERS: Readonly<Record<string, UnsupportedParameter>> = {
  client_encoding: {
    harmless: ['UTF8', 'utf8', 'UTF-8', 'utf-8', 'auto'],
    hint: 'Maestro speaks UTF-8; leave it out.',
  },
  gssencmode: {
    variable: 'PGGSSENCMODE',
    harmless: ['disable', 'prefer'],
    hint: 'Write sslmode=verify-full to encrypt.',
  },
  gssdelegation: { harmless: ['0'], hint: NO_GSS },
  gsslib: { harmless: [], hint: NO_GSS },
  krbsrvname: { harmless: ['postgres'], hint: NO_GSS },
  keepalives_interval: { harmless: [], hint: BY_SYSTEM },
  keepalives_count: { harmless: [], hint: BY_SYSTEM },
  tcp_user_timeout: { harmless: ['0'], hint: BY_SYSTEM },
  replication: {
    harmless: ['false', 'off', 'no', '0'],
    hint: 'A replication connection does not run the statements that Maestro sends. Leave it out.',
  },
  requirepeer: {
    variable: 'PGREQUIREPEER',
    harmless: [],
    hint: 'Leave it out; to be sure of the server, connect over TCP with sslmode=verify-full.',
  },
  require_auth: {
    variable: 'PGREQUIREAUTH',
    harmless: [],
    hint: 'Write channel_binding=require, which allows only SCRAM, and leave this out.',
  },
  sslcertmode: {
    variable: 'PGSSLCERTMODE',
    harmless: ['allow'],
    hint: 'A certificate is sent when sslcert names one and the server asks for it. Leave this out.',
  },
  sslcompression: { harmless: ['0'], hint: 'TLS is never compressed; leave it out.' },
  sslcrldir: { variable: 'PGSSLCRLDIR', harmless: [], hint: 'Name one file with sslcrl.' },
  sslsni: { variable: 'PGSSLSNI', harmless: ['1'], hint: 'The name of the host is always sent; leave it out.' },
  min_protocol_version: { harmless: ['3.0'], hint: 'Leave it out.' },
  max_protocol_version: { harmless: ['3.0'], hint: 'Leave it out.' },
  // What other drivers and hosting services write.
  uselibpqcompat: { harmless: ['true', '1'], hint: 'Maestro always reads sslmode as psql does; leave it out.' },
  schema: { harmless: [], hint: SEARCH_PATH },
  currentSchema: { harmless: [], hint: SEARCH_PATH },
  search_path: { harmless: [], hint: SEARCH_PATH },
  statement_timeout: { harmless: [], hint: 'Write --timeout SECONDS, or options=-c%20statement_timeout%3D5000 here.' },
  connection_limit: { harmless: [], hint: PRISMA },
  pool_timeout: { harmless: [], hint: PRISMA },
  socket_timeout: { harmless: [], hint: `${PRISMA} How long a statement may take is --timeout.` },
  statement_cache_size: { harmless: ['0'], hint: PRISMA },
  sslaccept: { harmless: [], hint: 'Write sslmode=verify-full for strict, sslmode=require for accept_invalid_certs.' },
  sslidentity: { harmless: [], hint: 'Name the certificate and its key as PEM files, with sslcert and sslkey.' },
  supa: { harmless: [], hint: SUPABASE },
  workaround: { harmless: [], hint: SUPABASE },
};

/** The variable with which old versions of psql ask for encryption. */
export const REQUIRE_SSL = 'PGREQUIRESSL';
