import { hostname, networkInterfaces } from 'node:os';

/** Names and addresses of this machine by which only programs on it reach it. */
const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** True for an address that nobody but programs on this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The values of `Host` under which a server is known that listens on an address. */
export function knownHosts(host: string, port: number): ReadonlySet<string> {
  const names = isLoopback(host) ? LOCAL : isEvery(host) ? [...LOCAL, ...ownNames()] : [];
  return new Set([...names, inUrl(host)].map((name) => `${name}:${port}`.toLowerCase()).flatMap(withDefaultPort));
}

/** An address as it stands in a URL. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** True for the address that stands for all of this machine. */
export function isEvery(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((own = []) => own.map(({ address }) => inUrl(address)));
  return [hostname(), ...addresses];
}

/** Browsers leave the port 80 out. */
function withDefaultPort(host: string): string[] {
  return host.endsWith(':80') ? [host, host.slice(0, -':80'.length)] : [host];
}
