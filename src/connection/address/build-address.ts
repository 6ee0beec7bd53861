import { userInfo } from 'node:os';
import { isSslMode, SSL_MODES, type SslMode } from '../server/ssl.js';
import { quoteIfPlain } from './fail.js';
import type { Layers } from './layers.js';
import type { ParameterName } from './parameters.js';
import type { HostAddress, ServerAddress } from './server-address.js';

const TARGETS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
const BINDINGS = ['disable', 'prefer', 'require'] as const;
const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The address that parameters describe, with the defaults of psql. Throws `ConfigurationError`. */
export function buildAddress(layers: Layers): ServerAddress {
  const [first, ...others] = hostsOf(layers);
  const user = layers.get('user') ?? systemUser(layers);
  return {
    ...first,
    otherHosts: others,
    shuffled: oneOf(layers, 'load_balance_hosts', ['disable', 'random']) === 'random',
    targetSession: oneOf(layers, 'target_session_attrs', TARGETS) ?? 'any',
    user,
    password: layers.get('password'),
    passFile: layers.get('passfile'),
    database: layers.get('dbname') ?? user,
    ...encryptionOf(layers, [first, ...others]),
    applicationName: layers.get('application_name') ?? layers.get('fallback_application_name'),
    connectTimeout: seconds(layers, 'connect_timeout'),
    options: layers.get('options'),
    keepAlive: oneOf(layers, 'keepalives', ['0', '1']) === '0' ? 0 : seconds(layers, 'keepalives_idle') || undefined,
    pooler: oneOf(layers, 'pgbouncer', ['true', 'false']) === 'true' ? 'transaction' : undefined,
  };
}

/** The hosts in order, with one port for all of them or one for each, as in psql. */
function hostsOf(layers: Layers): [HostAddress, ...HostAddress[]] {
  const addresses = layers.get('hostaddr')?.split(',');
  const hosts = layers.get('host')?.split(',') ?? addresses ?? [];
  if (hosts.length === 0)
    return layers.fail('host')(
      'names no host',
      'Write localhost for this machine, or the folder of its socket: postgres:///database?host=/var/run/postgresql.',
    );
  if (addresses !== undefined && addresses.length !== hosts.length)
    return layers.fail('hostaddr')('has a different number of hosts and of addresses in hostaddr');
  const ports = layers.get('port')?.split(',') ?? [''];
  if (ports.length > 1 && ports.length !== hosts.length)
    return layers.fail('port')(
      'has a different number of hosts and of ports',
      'Name one port for all hosts, or one for each.',
    );
  return hosts.map((host, index) => {
    if (host === '') return layers.fail('host')('has an empty host in its list');
    if (host.startsWith('@')) return layers.fail('host')('names an abstract socket', 'Name the folder of a socket.');
    const hostAddress = addresses?.[index] || undefined;
    const port = portOf(ports.length === 1 ? ports[0] : ports[index], layers);
    return { host, port, ...(hostAddress === undefined ? {} : { hostAddress }) };
  }) as [HostAddress, ...HostAddress[]];
}

function portOf(text: string | undefined, layers: Layers): number {
  if (text === undefined || text === '') return 5432;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65535) layers.fail('port')('has a port that is no number from 1 to 65535');
  if (port === 0) layers.fail('port')('names the port 0, which no server uses');
  return port;
}

/** The operating system's user, as for psql; not `USER`, which is not set everywhere. */
function systemUser(layers: Layers): string {
  try {
    return userInfo().username;
  } catch {
    return layers.fail('user')(
      'names no user, and the operating system knows no name for the user of this process',
      'Write user@ before the host.',
    );
  }
}

type Encryption = Pick<
  ServerAddress,
  | 'sslMode'
  | 'sslRootCert'
  | 'sslCert'
  | 'sslKey'
  | 'sslPassword'
  | 'sslCrl'
  | 'sslNegotiation'
  | 'sslVersions'
  | 'channelBinding'
>;

function encryptionOf(layers: Layers, hosts: readonly HostAddress[]): Encryption {
  const sslMode = sslModeOf(layers);
  const direct = oneOf(layers, 'sslnegotiation', ['postgres', 'direct']) ?? 'postgres';
  const onSockets = hosts.every(({ host }) => host.startsWith('/'));
  if (direct === 'direct' && ['disable', 'allow', 'prefer'].includes(sslMode) && !onSockets)
    layers.fail('sslnegotiation')(
      'has sslnegotiation=direct without encryption',
      'Add sslmode=verify-full (or require).',
    );
  const channelBinding = oneOf(layers, 'channel_binding', BINDINGS) ?? 'disable';
  if (channelBinding === 'require' && (sslMode === 'disable' || onSockets))
    layers.fail('channel_binding')(
      'has channel_binding=require without the encryption that it needs',
      'Add sslmode=verify-full (or require).',
    );
  // As psql does, nothing is encrypted on a socket of this machine; and what only the environment names is no mistake here.
  const file = (name: ParameterName) =>
    onSockets ||
    (sslMode === 'disable' && layers.get('sslmode') !== undefined && !layers.haveSameSource('sslmode', name))
      ? undefined
      : layers.get(name);
  const unused = (['sslrootcert', 'sslcert', 'sslkey'] as const).find((name) => file(name) !== undefined);
  if (sslMode === 'disable' && layers.get('sslmode') === undefined && unused !== undefined)
    layers.fail(unused)(
      `names a certificate in ${unused}, but no sslmode is given, so it would not be used`,
      'Add sslmode=verify-full (or set PGSSLMODE), or leave the certificate out.',
    );
  return {
    sslMode: onSockets ? 'disable' : sslMode,
    sslRootCert: file('sslrootcert'),
    sslCert: file('sslcert'),
    sslKey: file('sslkey'),
    sslPassword: file('sslpassword'),
    sslCrl: file('sslcrl'),
    sslNegotiation: onSockets ? 'postgres' : direct,
    channelBinding,
    sslVersions: {
      min: oneOf(layers, 'ssl_min_protocol_version', TLS_VERSIONS),
      max: oneOf(layers, 'ssl_max_protocol_version', TLS_VERSIONS),
    },
  };
}

function sslModeOf(layers: Layers): SslMode {
  const isSystem = layers.get('sslrootcert') === 'system';
  const given = layers.get('sslmode') ?? (isSystem ? 'verify-full' : 'disable');
  const fail = layers.fail('sslmode');
  if (given === 'no-verify') {
    if (layers.get('sslrootcert') === undefined) return 'require';
    return fail('names an sslrootcert that sslmode=no-verify does not check', 'Write sslmode=verify-full.');
  }
  if (!isSslMode(given))
    return fail(`has ${quoteIfPlain('the sslmode', given)}`, `It is one of ${SSL_MODES.join(', ')}.`);
  if (isSystem && given !== 'verify-full' && given !== 'disable')
    return fail('has sslrootcert=system with a weaker sslmode than verify-full', 'Write sslmode=verify-full.');
  return given;
}

function oneOf<Value extends string>(layers: Layers, name: ParameterName, values: readonly Value[]): Value | undefined {
  const text = layers.get(name);
  if (text === undefined) return undefined;
  const value = values.find((known) => known === text);
  return value ?? layers.fail(name)(`has ${quoteIfPlain(`the ${name}`, text)}`, `It is one of ${values.join(', ')}.`);
}

/** A number of seconds; 0, or a negative one, means no limit and gives 0. */
function seconds(layers: Layers, name: ParameterName): number | undefined {
  const text = layers.get(name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,5}$/.test(text)) layers.fail(name)(`has a ${name} that is not a whole number of seconds`);
  return Math.max(0, Number(text));
}
