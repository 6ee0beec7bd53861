import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RefusalPage } from './refusal-page.js';

/** A request that is answered without looking at what it asks for. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The page for a reader who can do something about it; the text by itself, if absent. */
  readonly page?: Omit<RefusalPage, 'text'>;
}

/** Whom a server admits. */
export interface AdmissionOptions {
  /** Values of `Host` under which the server is known, with the port. */
  readonly hosts: ReadonlySet<string>;
  /** The secret in the address that was printed. */
  readonly token: string;
  /** The secret in the cookie. */
  readonly session: string;
  /** The name of the cookie. Browsers share cookies between all ports of a host. */
  readonly cookie: string;
  /** True once for each secret of an address that may be opened only once. */
  readonly spend: (token: string) => boolean;
}

/** The address of another site on which a link may stand. */
const FOREIGN = 'This address was opened from another site.';
const NO_TOKEN = 'Open the address that `maestro ui` has printed: it has a token, without which nobody is admitted.';

const AGAIN = 'Each start of it has another token. When that address is open in this browser, open this page again.';

function notAdmitted(address: string): Omit<RefusalPage, 'text'> {
  return { title: 'Not admitted yet', address, link: 'Open this page again' };
}

/**
 * Decides whether a request is answered at all; `undefined` when it is. A page of another site, also one of another port of this
 * machine, can neither read an answer nor have one made: it knows no token, its requests are not of the same origin, and a name that
 * it made point here is not in the list of hosts.
 */
export function refusalOf(request: IncomingMessage, admission: AdmissionOptions): Refusal | undefined {
  const { method = '', url = '', headers, rawHeaders } = request;
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length !== 1 || !admission.hosts.has(headers.host?.toLowerCase() ?? ''))
    return { status: 421, text: 'This server is not known under that name.' };
  if (!url.startsWith('/')) return { status: 400, text: 'Write a path.' };
  if (method !== 'GET' && method !== 'HEAD')
    return {
      status: 405,
      text: 'Pages are read with GET; nothing can be changed here.',
      headers: { allow: 'GET, HEAD' },
    };
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
    return { status: 413, text: 'No request has a body here.' };
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
    return { status: 403, text: FOREIGN };
  const site = headers['sec-fetch-site'];
  const token = tokenOf(url);
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isForeign && !isNavigation) return { status: 403, text: FOREIGN };
  if (token !== undefined) return admitted(token, url, admission);
  if (isForeign)
    return { status: 403, text: FOREIGN, page: { title: 'Maestro', address: pathOf(url), link: 'Continue' } };
  if (!hasSession(headers.cookie, admission))
    return { status: 401, text: `${NO_TOKEN} ${AGAIN}`, page: notAdmitted(pathOf(url)) };
  return undefined;
}

/** Gives a reader with the token the cookie, and leads to the address without the token, so that no history keeps it. */
function admitted(token: string, url: string, { token: own, session, cookie, spend }: AdmissionOptions): Refusal {
  if (!isSame(token, own) && !spend(token))
    return {
      status: 403,
      text: `That token is not the one of this server. ${NO_TOKEN} ${AGAIN}`,
      page: notAdmitted(withoutToken(url)),
    };
  return {
    status: 303,
    text: '',
    headers: { location: withoutToken(url), 'set-cookie': `${cookie}=${session}; HttpOnly; SameSite=Strict; Path=/` },
  };
}

function hasSession(cookies = '', { cookie, session }: AdmissionOptions): boolean {
  return cookies.split(';').some((pair) => {
    const [name, value = ''] = pair.trim().split('=', 2);
    return name === cookie && isSame(value, session);
  });
}

/** Compares secrets in a time that tells nothing of where they differ. */
function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const PARAMETER = /([?&])token=([\w-]*)(&|$)/;

function tokenOf(url: string): string | undefined {
  return PARAMETER.exec(url)?.[2];
}

/** The path and query without the token. */
function withoutToken(url: string): string {
  const without = url.replace(PARAMETER, (_all, before: string, _token, after: string) =>
    after === '&' ? before : '',
  );
  return pathOf(without);
}

/** An address within this server: two slashes at the beginning would begin the name of another. */
function pathOf(url: string): string {
  return url.replace(/^[/\\]+/, '/');
}
