import type { ConnectionOptions } from 'node:tls';
import type { HostAddress, ServerAddress } from '../address/server-address.js';
import type { Attempt, ChoiceOfServers } from './choose-server.js';
import { hostsOf } from '../address/database-url.js';
import { sslOptions } from './ssl.js';

/** The ways to connect to each server of an address. Throws `ConfigurationError` for certificates that cannot be used. */
export function choiceOfServers(address: ServerAddress, madeReadOnly: boolean): ChoiceOfServers {
  const tls = sslOptions(address);
  return {
    servers: hostsOf(address).map((host) => attempts(host, address, tls)),
    shuffled: address.shuffled,
    targetSession: address.targetSession,
    madeReadOnly,
  };
}

/** True when there is one server, with one way to connect to it, so that nothing has to be tried. */
export function hasOneAttempt({ servers, targetSession }: ChoiceOfServers): boolean {
  return servers.length === 1 && servers[0]?.length === 1 && targetSession === 'any';
}

function attempts(host: HostAddress, { sslMode }: ServerAddress, tls: ConnectionOptions | false): readonly Attempt[] {
  const plain: Attempt = { ...host, ssl: false };
  // On a socket of this machine nothing is encrypted, whatever the sslmode says: as with psql.
  if (tls === false || host.host.startsWith('/')) return [plain];
  // The certificate is that of the name, also where its address is given.
  const encrypted: Attempt = {
    ...host,
    ssl: host.hostAddress === undefined ? tls : { ...tls, servername: host.host },
  };
  if (sslMode === 'allow') return [plain, encrypted];
  return sslMode === 'prefer' ? [encrypted, plain] : [encrypted];
}
