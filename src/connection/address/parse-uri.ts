import { didYouMean } from '../../nearest.js';
import { type Fail, quoteIfPlain } from './fail.js';
import { UNSUPPORTED_PARAMETERS, isParameter, PARAMETERS } from './parameters.js';

/**
 * Parses the parameters of a `postgres://` URL by the rules of PostgreSQL's own programs: user and password end at the
 * first @, several hosts are separated by commas, and a parameter after the ? wins over the same one before it. Stricter
 * than they are about likely mistakes: a second @, a / in the database's name, a #, a parameter with two values or none.
 */
export function parseUri(text: string, fail: Fail): Map<string, string> {
  const [, scheme, whole = ''] = /^(postgres(?:ql)?:\/\/)([^]*)$/.exec(text.trim()) ?? [];
  if (scheme === undefined) return fail(...describeUnknown(text.trim()));

  if (/[\0-\x1f\x7f]/.test(whole)) fail('has a line break or another control character in it');
  const [credentials, rest] = splitCredentials(whole);
  if (rest.includes('@')) fail('has one @ too many; in a password write @ as %40 and / as %2F');
  if (rest.includes('#')) fail('has a part after #; write a # as %23');
  if (/\?\w+=/.test(credentials)) fail('has a ? before its @; in a password write ? as %3F and @ as %40');
  const [, place = '', path = '', query = ''] = /^([^/?]*)(?:\/([^?]*))?(?:\?([^]*))?$/.exec(rest) ?? [];
  if (path.includes('/')) fail('has a / in its database name; in a password write / as %2F and @ as %40');
  const found = new Map<string, string>();
  const add = (name: string, part: string, raw: string) => {
    if (raw !== '') found.set(name, decoded(raw, part, fail));
  };
  const colon = credentials.indexOf(':');
  add('user', 'user', colon < 0 ? credentials : credentials.slice(0, colon));
  if (colon >= 0) add('password', 'password', credentials.slice(colon + 1));
  const { hosts, ports } = splitPlace(place, fail);
  add('host', 'host', hosts);
  add('port', 'port', ports);
  add('dbname', 'database name', path);
  for (const [name, value] of queryOf(query, fail)) found.set(name, value);
  return found;
}

/** User and password, if there are any, and what follows them. */
function splitCredentials(whole: string): [credentials: string, rest: string] {
  const end = whole.search(/[@/]/);
  return whole[end] === '@' ? [whole.slice(0, end), whole.slice(end + 1)] : ['', whole];
}

/** The hosts and the ports of the part between the user and the database, each as a list with commas. */
function splitPlace(place: string, fail: Fail): { hosts: string; ports: string } {
  const places = place.split(',').map((one) => {
    const [, host, port = ''] = /^(\[[^\]]*\]|[^:[]*)(?::(.*))?$/.exec(one) ?? [];
    if (host === undefined) return fail('has an address in [ ] that does not end');
    if (/[\s<>\\^|[\]]/.test(host.replace(/^\[(.*)\]$/, '$1')))
      fail('has a host with a character that no host name has');
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
  });
  const ports = places.map(({ port }) => port).join(',');
  return { hosts: places.map(({ host }) => host).join(','), ports: /^,*$/.test(ports) ? '' : ports };
}

function queryOf(query: string, fail: Fail): Map<string, string> {
  const found = new Map<string, string>();
  let isSecretNear = false;
  for (const part of query === '' ? [] : query.split('&')) {
    const [, rawName = '', rawValue] = /^([^=]*)(?:=([^]*))?$/.exec(part) ?? [];
    if (rawValue === undefined) return fail('has a part after its ? that is not name=value; write a & as %26');
    const name = decoded(rawName, 'parameter', fail);
    const value = decoded(rawValue, `parameter ${isParameter(name) ? name : ''}`.trim(), fail);
    // An unencoded & in a password ends it: the rest of the password is then read as a name.
    if (isSecretNear && !isParameter(name)) fail('has an unknown parameter after a password; write a & as %26');
    isSecretNear ||= /password/i.test(name);
    const [known, meaning] = translated(name, value);
    if (!isParameter(known) && !Object.hasOwn(UNSUPPORTED_PARAMETERS, known))
      fail(`has ${quoteIfPlain('the unknown parameter', name)}`, remedyFor(name));
    if (found.has(known) && found.get(known) !== meaning) fail(`has the parameter ${known} twice`, 'Write it once.');
    if (value === '') fail(`has the parameter ${known} without a value`, 'Give it one, or leave it out.');
    found.set(known, meaning);
  }
  return found;
}

function remedyFor(name: string): string {
  const meant = didYouMean(name, [...Object.keys(PARAMETERS), ...Object.keys(UNSUPPORTED_PARAMETERS)]);
  return meant === '' ? `The parameters are ${Object.keys(PARAMETERS).join(', ')}.` : meant;
}

/** The name and value that psql uses for a parameter of other drivers. */
function translated(name: string, value: string): [name: string, value: string] {
  if (name !== 'ssl') return [name, value];
  if (value === 'true' || value === '1') return ['sslmode', 'require'];
  if (value === 'false' || value === '0') return ['sslmode', 'disable'];
  return ['sslmode', value];
}

function describeUnknown(text: string): [problem: string, hint?: string] {
  if (/(^|\s)(host|dbname|user|hostaddr|service)\s*=/.test(text))
    return ['is a list like host=… dbname=…', 'Write it as a URL: postgres://user:password@host:5432/database.'];
  const [, protocol] = /^([A-Za-z][A-Za-z0-9+.-]*:)/.exec(text) ?? [];
  if (protocol === undefined) return ['is not a URL'];
  if (/^postgres(ql)?:$/i.test(protocol)) return ['does not begin with postgres:// or postgresql://'];
  return /^[a-z][a-z0-9+.-]{0,30}:$/.test(protocol)
    ? [`begins with ${JSON.stringify(protocol)}, not with postgres: or postgresql:`]
    : ['begins with neither postgres: nor postgresql:'];
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
