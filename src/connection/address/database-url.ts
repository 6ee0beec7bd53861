import { buildAddress } from './build-address.js';
import { quoteIfPlain } from './fail.js';
import { environmentLayer, failAbout, type Layer, Layers } from './layers.js';
import { UNSUPPORTED_PARAMETERS, isParameter } from './parameters.js';
import { parseUri } from './parse-uri.js';
import type { HostAddress, ServerAddress } from './server-address.js';
import { readService } from './service-file.js';
import type { Environment } from '../environment.js';

export type { ServerAddress } from './server-address.js';

/**
 * Reads a `postgres://` or `postgresql://` URL as PostgreSQL's own programs do. Parameters that it leaves out come from the
 * service that it names, then from `PGHOST`, `PGUSER` and similar variables. Throws a `ConfigurationError` that names
 * `source` (such as `--url`) for anything malformed, unknown or unsupported. The error never contains the URL, which may
 * hold a password.
 */
export function parseDatabaseUrl(text: string, source: string, environment: Environment = {}): ServerAddress {
  const subject = `The database URL of ${source}`;
  if (text.trim() === '') failAbout(subject)('is empty', `Name a database, or leave ${source} out to use another one.`);
  return addressOf({ subject: () => subject, values: parseUri(text, failAbout(subject)) }, environment);
}

/** The server that `PGHOST` and similar variables name, as for psql. `named` lists those variables, for messages. */
export function addressFromEnvironment(named: string, environment: Environment): ServerAddress {
  return addressOf({ subject: () => `The server of ${named}`, values: new Map() }, environment);
}

function addressOf(first: Layer, environment: Environment): ServerAddress {
  const variables = environmentLayer(environment);
  const service = first.values.get('service') ?? variables.values.get('service');
  const between = service === undefined ? [] : [serviceLayer(service, first, environment)];
  return buildAddress(new Layers([first, ...between, variables]));
}

function serviceLayer(service: string, first: Layer, environment: Environment): Layer {
  const subject = `The service ${JSON.stringify(service)}`;
  const from = first.values.has('service') ? first.subject('service') : 'The variable PGSERVICE';
  const values = readService(service, environment, failAbout(from));
  for (const name of values.keys())
    if (name === 'service' || (!isParameter(name) && !Object.hasOwn(UNSUPPORTED_PARAMETERS, name)))
      failAbout(subject)(`has ${quoteIfPlain('the unknown parameter', name)}`, 'Leave it out there.');
  return { subject: () => subject, values };
}

/** All servers of an address, in the order in which they are named. */
export function hostsOf({ host, port, hostAddress, otherHosts }: ServerAddress): readonly HostAddress[] {
  return [{ host, port, hostAddress }, ...otherHosts];
}

/** The address as text without the password, for messages. */
export function addressText(address: ServerAddress): string {
  const places = hostsOf(address).map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return `${address.user}@${places.join(',')}/${address.database}`;
}

/** True for a host to which connections stay on this machine. */
export function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
