/** The parameters of a connection that are honoured, with the variable that PostgreSQL's own programs take each from. */
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

/** The name of a parameter that is honoured. */
export type ParameterName = keyof typeof PARAMETERS;

/** True for the name of a parameter that is honoured. */
export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETERS, name);
}

/** Values that a parameter may be set to, because they are what happens anyway. */
interface Fixed {
  /** The variable for it; absent when none matters here. */
  readonly variable?: string;
  /** The values that change nothing. */
  readonly same: readonly string[];
  /** Advice on what to write instead of another value. */
  readonly instead: string;
}

const NO_GSS =
  'Maestro logs in with a password, a certificate or as the server trusts it, not with Kerberos. Leave it out.';
const BY_SYSTEM = 'Node.js leaves this to the operating system; leave it out.';
const PRISMA = 'It is a setting of Prisma; leave it out.';
const SEARCH_PATH = 'Name the schema with --schema, MAESTRO_SCHEMA or `schema`, and leave this out.';

/** Parameters that PostgreSQL's own programs, other drivers or hosting services write, and that cannot be honoured. */
export const FIXED: Readonly<Record<string, Fixed>> = {
  client_encoding: {
    same: ['UTF8', 'utf8', 'UTF-8', 'utf-8', 'auto'],
    instead: 'Maestro speaks UTF-8; leave it out.',
  },
  gssencmode: {
    variable: 'PGGSSENCMODE',
    same: ['disable', 'prefer'],
    instead: 'Write sslmode=verify-full to encrypt.',
  },
  gssdelegation: { same: ['0'], instead: NO_GSS },
  gsslib: { same: [], instead: NO_GSS },
  krbsrvname: { same: ['postgres'], instead: NO_GSS },
  keepalives_interval: { same: [], instead: BY_SYSTEM },
  keepalives_count: { same: [], instead: BY_SYSTEM },
  tcp_user_timeout: { same: ['0'], instead: BY_SYSTEM },
  replication: {
    same: ['false', 'off', 'no', '0'],
    instead: 'A connection for replication does not take the statements that Maestro sends. Leave it out.',
  },
  requirepeer: {
    variable: 'PGREQUIREPEER',
    same: [],
    instead: 'Leave it out; a password or sslmode=verify-full on TCP keeps other servers out.',
  },
  require_auth: {
    variable: 'PGREQUIREAUTH',
    same: [],
    instead: 'Write channel_binding=require, which takes nothing but SCRAM, and leave this out.',
  },
  sslcertmode: {
    variable: 'PGSSLCERTMODE',
    same: ['allow'],
    instead: 'A certificate is sent when sslcert names one and the server asks for it. Leave this out.',
  },
  sslcompression: { same: ['0'], instead: 'TLS is never compressed; leave it out.' },
  sslcrldir: { variable: 'PGSSLCRLDIR', same: [], instead: 'Name one file with sslcrl.' },
  sslsni: { variable: 'PGSSLSNI', same: ['1'], instead: 'The name of the host is always sent; leave it out.' },
  min_protocol_version: { same: ['3.0'], instead: 'Leave it out.' },
  max_protocol_version: { same: ['3.0'], instead: 'Leave it out.' },
  // What other drivers and hosting services write.
  uselibpqcompat: { same: ['true', '1'], instead: 'The sslmode always means what it means to psql; leave it out.' },
  schema: { same: [], instead: SEARCH_PATH },
  currentSchema: { same: [], instead: SEARCH_PATH },
  search_path: { same: [], instead: SEARCH_PATH },
  statement_timeout: { same: [], instead: 'Write --timeout SECONDS, or options=-c%20statement_timeout%3D5000 here.' },
  connection_limit: { same: [], instead: PRISMA },
  pool_timeout: { same: [], instead: PRISMA },
  socket_timeout: { same: [], instead: `${PRISMA} How long a statement may take is --timeout.` },
  statement_cache_size: { same: ['0'], instead: PRISMA },
  sslaccept: { same: [], instead: 'Write sslmode=verify-full for strict, sslmode=require for accept_invalid_certs.' },
  sslidentity: { same: [], instead: 'Name the certificate and its key as PEM files, with sslcert and sslkey.' },
  supa: { same: [], instead: 'It is a note of Supabase for itself; leave it out.' },
  workaround: { same: [], instead: 'It is a note of Supabase for itself; leave it out.' },
};

/** The variable that asks for encryption in old programs. */
export const REQUIRE_SSL = 'PGREQUIRESSL';
