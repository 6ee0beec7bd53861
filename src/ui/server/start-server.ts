import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { UiHandler } from '../handler.js';
import { SECURITY_HEADERS } from '../security-headers.js';
import { type AdmissionOptions, type Refusal, refusalOf } from './admission.js';
import { answerWith } from './bridge.js';
import { inUrl, isEvery, knownHosts } from './hosts.js';
import { listen } from './listen.js';
import { refusalPage, STYLE_SOURCE } from './refusal-page.js';

/** Bounds within which a request has to come. Times are in milliseconds, lengths in bytes. */
export interface Limits {
  readonly maxHeaderSize: number;
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** Time between two looks at the two before. */
  readonly connectionsCheckingInterval: number;
  readonly keepAliveTimeout: number;
  /** Of silence in both directions: what streams says something more often. */
  readonly silence: number;
  readonly connections: number;
}

const LIMITS: Limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
  silence: 120_000,
  connections: 200,
};

/** The place at which a server listens. */
export interface ServerOptions {
  readonly host: string;
  /** The port, or the first of those that are tried. */
  readonly port: number;
}

/** A running server of pages. */
export interface UiServer {
  readonly port: number;
  /** The address with the token that admits. */
  readonly url: string;
  /** An address that admits once, for whatever shows its arguments to other users of the machine. */
  urlForOnce(): string;
  /** Ends all connections at once; what they asked is cancelled. */
  close(): Promise<void>;
}

/** Starts a server of pages that admits only who knows its token. */
export async function startServer(
  handler: UiHandler,
  { host, port: wanted }: ServerOptions,
  limits: Limits = LIMITS,
): Promise<UiServer> {
  const token = secret();
  const once = new Set<string>();
  const answers = new Set<Promise<void>>();
  const server = createServer(limits);
  server.maxConnections = limits.connections;
  server.setTimeout(limits.silence);
  const port = await listen(server, host, wanted);
  const admission: AdmissionOptions = {
    hosts: knownHosts(host, port),
    token,
    session: secret(),
    cookie: `maestro-ui-${port}`,
    spend: (given) => once.delete(given),
  };
  server.on('request', (request, response) => {
    const answer = respond(request, response, handler, admission)
      .catch(() => response.destroy())
      .then(() => void answers.delete(answer));
    answers.add(answer);
  });
  const origin = `http://${isEvery(host) ? 'localhost' : inUrl(host)}:${port}`;
  return {
    port,
    url: `${origin}/?token=${token}`,
    urlForOnce: () => {
      const given = secret();
      once.add(given);
      return `${origin}/?token=${given}`;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.all(answers);
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  handler: UiHandler,
  admission: AdmissionOptions,
): Promise<void> {
  const refusal = refusalOf(request, admission);
  if (refusal === undefined) await answerWith(handler, request, response);
  else refuse(response, refusal);
}

const POLICY = SECURITY_HEADERS['content-security-policy'] ?? '';

function refuse(response: ServerResponse, { status, text, headers = {}, page }: Refusal): void {
  const isPage = page !== undefined;
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'content-type': `text/${isPage ? 'html' : 'plain'}; charset=utf-8`,
    ...(isPage && { 'content-security-policy': POLICY.replace("style-src 'self'", `style-src ${STYLE_SOURCE}`) }),
    // What else comes on this connection is not read.
    ...(status >= 400 && !isPage && { connection: 'close' }),
    ...headers,
  });
  response.end(isPage ? refusalPage({ ...page, text }) : text === '' ? '' : `${text}\n`);
}

function secret(): string {
  return randomBytes(24).toString('base64url');
}
