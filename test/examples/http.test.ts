import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import test, { type ExecutionContext } from 'ava';
import { type Knex, PostgresStore, type PostgresStoreOptions, Timestamp } from 'maestro-store';
import { createApp } from '../../examples/http/app.js';
import { testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { blocksOf } from '../support/pages/pages.js';
import { startFaultProxy } from '../support/servers/fault-proxy.js';

const { schema, knex: admin } = useTestDatabase(test);
const PAGE = 'docs/recipes/http.md';

/** What is sent or answered: the first line, the headers and the body. */
interface Message {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The message in some lines of the page. */
function messageOf(lines: readonly string[]): Message {
  const end = lines.indexOf('');
  const [line = '', ...headers] = end === -1 ? lines : lines.slice(0, end);
  return {
    line,
    headers: Object.fromEntries(headers.map((header) => header.split(/: (.*)/).slice(0, 2) as [string, string])),
    body:
      end === -1
        ? undefined
        : lines
            .slice(end + 1)
            .join('\n')
            .trim() || undefined,
  };
}

interface Server {
  readonly url: string;
  readonly logged: unknown[];
}

/** The application on a real port, as a process of its own would run it; whoever sends a request is whom its token names. */
async function aServer(t: ExecutionContext, knex: Knex = admin, options: PostgresStoreOptions = {}): Promise<Server> {
  const logged: unknown[] = [];
  const app = createApp({
    store: new PostgresStore(knex, { schema, ...options }),
    userOf: ({ headers }) => /^Bearer (.+)$/.exec(headers.get('Authorization') ?? '')?.[1],
    log: (error) => logged.push(error),
  });
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.teardown(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, logged };
}

let accounts = 0;
/** The path of an account that nobody has opened. */
function aPath(): string {
  accounts += 1;
  return `/accounts/${randomBytes(14).toString('hex')}${accounts.toString(16).padStart(4, '0')}`;
}

/** Sends a request as Ada, who has a new key for it, unless the headers say otherwise. */
async function send(
  { url }: Pick<Server, 'url'>,
  method: string,
  path: string,
  { body, ...headers }: Readonly<Record<string, unknown>> = {},
) {
  const response = await fetch(url + path, {
    method,
    headers: {
      Authorization: 'Bearer ada',
      'Content-Type': 'application/json',
      'Idempotency-Key': randomBytes(8).toString('hex'),
      ...(headers as Record<string, string>),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers: answered } = response;
  return { status, etag: answered.get('ETag'), replayed: answered.get('Idempotent-Replayed'), headers: answered, text };
}

async function anAccount(server: Server): Promise<string> {
  const path = aPath();
  const open = { type: 'open', data: { owner: 'Ada' } };
  const { status, text } = await send(server, 'POST', path, { 'If-None-Match': '*', body: open });
  if (status !== 200) throw new Error(text);
  return path;
}

/** All that the log has of an account. */
async function eventsOf(path: string) {
  return await new PostgresStore(admin, { schema }).getEvents(Timestamp.parse(path.split('/')[2] ?? ''), 1);
}

const deposit = (amount: number) => ({ type: 'deposit', data: { amount } });

test('the program on the page answers what the page says', async (t) => {
  const database = `test_${randomBytes(6).toString('hex')}`;
  await admin.raw(`CREATE DATABASE ${database}`);
  t.teardown(() => admin.raw(`DROP DATABASE ${database} WITH (FORCE)`));
  const main = fileURLToPath(new URL('../../examples/http/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main], {
    env: {
      ...process.env,
      DATABASE_URL: Object.assign(new URL(testUrl()), { pathname: `/${database}` }).href,
      API_TOKENS: '{"s3cret": "ada"}',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  const url = String(printed).trim();
  const exchanges = blocksOf(PAGE).filter(({ language }) => language === 'http');
  t.true(exchanges.length >= 8);

  for (const { lines, line: place } of exchanges) {
    const answerAt = lines.findIndex((line) => line.startsWith('HTTP/1.1 '));
    const [asked, expected] = [messageOf(lines.slice(0, answerAt - 1)), messageOf(lines.slice(answerAt))];
    const [method = '', path = ''] = asked.line.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: { Authorization: 'Bearer s3cret', 'Content-Type': 'application/json', ...asked.headers },
      ...(asked.body === undefined ? {} : { body: asked.body }),
    });
    const at = `${PAGE}:${place}`;
    t.is(`HTTP/1.1 ${response.status} ${response.statusText}`, expected.line, at);
    for (const name of ['ETag', 'Idempotent-Replayed'])
      t.is(response.headers.get(name) ?? undefined, expected.headers[name], `${at}, ${name}`);
    t.is(await response.text(), expected.body ?? '', at);
  }

  child.kill('SIGTERM');
  t.deepEqual(await once(child, 'exit'), [0, null], 'it ends by itself when its requests are done');
});

test('whatever is wrong has a status of its own, and nothing is stored', async (t) => {
  const server = await aServer(t);
  const path = await anAccount(server);
  const [post, nothing] = [{ body: deposit(1) }, aPath()];
  const cases: readonly (readonly [status: number, method: string, path: string, request?: object])[] = [
    [401, 'POST', path, { ...post, Authorization: '' }],
    [404, 'GET', nothing],
    [404, 'GET', '/accounts/nobody'],
    [404, 'POST', '/accounts/nobody', post],
    [404, 'GET', '/'],
    [400, 'POST', path, { body: '{"type":' }],
    [400, 'POST', path, { ...post, 'Idempotency-Key': '' }],
    [400, 'POST', path, { ...post, 'Idempotency-Key': 'k'.repeat(101) }],
    [400, 'POST', path, { ...post, 'If-Match': '*' }],
    [400, 'POST', path, { ...post, 'If-None-Match': '"1"' }],
    [400, 'POST', path, { ...post, 'If-None-Match': '"*"' }],
    [400, 'POST', path, { ...post, 'If-None-Match': '*', 'If-Match': '"1"' }],
    [400, 'POST', path, { ...post, 'If-Match': '"1", "2"' }],
    [409, 'POST', nothing, post],
    [409, 'POST', path, { 'If-Match': '"1"', body: { type: 'open', data: { owner: 'Bob' } } }],
    [409, 'POST', path, { 'If-Match': '"1"', body: { type: 'withdraw', data: { amount: 1 } } }],
    [412, 'POST', path, { 'If-None-Match': '*', body: { type: 'open', data: { owner: 'Bob' } } }],
    [412, 'POST', path, { ...post, 'If-Match': '"7"' }],
    [412, 'POST', path, { ...post, 'If-Match': '"999999999"' }],
    [413, 'POST', path, { body: { type: 'open', data: { owner: 'x'.repeat(20_000) } } }],
    [422, 'POST', path, { body: { type: 'close', data: {} } }],
    [422, 'POST', path, { body: deposit(0.5) }],
    [422, 'POST', path, { body: deposit(1_000_000_001) }],
    [422, 'POST', path, { body: { type: 'deposit', data: { amount: 1, note: 'more' } } }],
    [422, 'POST', nothing, { 'If-None-Match': '*', body: { type: 'open', data: { owner: '\u0000' } } }],
    [428, 'POST', path, { body: { type: 'withdraw', data: { amount: 1 } } }],
  ];
  for (const [expected, method, to, request] of cases) {
    const { status, headers, text } = await send(server, method, to, { ...request });
    t.is(status, expected, `${JSON.stringify(request)}: ${text}`);
    t.is(headers.get('Content-Type'), 'application/problem+json');
    t.like(JSON.parse(text), { status: expected });
  }
  t.is((await eventsOf(path)).length, 1);
  t.is((await eventsOf(nothing)).length, 0);
  t.deepEqual(server.logged, []);
});

test('who has the state already is told so, and a weak ETag of a proxy is taken for what it is', async (t) => {
  const server = await aServer(t);
  const path = await anAccount(server);
  for (const known of ['"1"', 'W/"1"', '"7", "1"', '*'])
    t.like(await send(server, 'GET', path, { 'If-None-Match': known }), { status: 304, etag: '"1"', text: '' });
  t.like(await send(server, 'POST', path, { 'If-Match': 'W/"1"', body: deposit(3) }), { status: 200, etag: '"2"' });
  t.like(await send(server, 'GET', path, { 'If-None-Match': '"1"' }), { status: 200, etag: '"2"' });
});

test('a request that many send at once, to several processes, is carried out once, and all get one answer', async (t) => {
  const others = [testKnex(), testKnex()];
  t.teardown(() => Promise.all(others.map((knex) => knex.destroy())));
  const servers = [await aServer(t), ...(await Promise.all(others.map((knex) => aServer(t, knex))))] as const;
  const path = await anAccount(servers[0]);
  const request = { 'Idempotency-Key': 'the-same-one', 'If-Match': '"1"', body: deposit(5) };
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => send(servers[index % 3] ?? servers[0], 'POST', path, request)),
  );
  for (const answer of answers) t.like(answer, { status: 200, etag: '"2"', text: '{"owner":"Ada","balance":5}' });
  t.is(answers.filter(({ replayed }) => replayed === 'true').length, 11);
  t.is((await eventsOf(path)).length, 2);
  // To somebody else the same key means another command.
  t.like(await send(servers[0], 'POST', path, { ...request, Authorization: 'Bearer bob', 'If-Match': '"2"' }), {
    status: 200,
    etag: '"3"',
    replayed: null,
  });
});

test('each event says who has caused it, however many requests are under way', async (t) => {
  const server = await aServer(t);
  const path = await anAccount(server);
  const users = Array.from({ length: 10 }, (_, index) => `user-${index}`);
  const answers = await Promise.all(
    users.map((user, index) =>
      send(server, 'POST', path, {
        Authorization: `Bearer ${user}`,
        body: deposit(index + 1),
        ...(index % 2 === 0 ? { 'X-Correlation-Id': `click-${index}` } : {}),
      }),
    ),
  );
  const events = (await eventsOf(path)).slice(1);
  for (const [index, user] of users.entries()) {
    const correlationId = answers[index]?.headers.get('X-Correlation-Id');
    if (index % 2 === 0) t.is(correlationId, `click-${index}`);
    t.deepEqual(events.find(({ body }) => body['amount'] === index + 1)?.metadata as unknown, {
      userId: user,
      correlationId,
    });
  }
});

test('a connection that breaks is no business of the client, and a database that stays away is a 503 that can be repeated', async (t) => {
  const proxy = await startFaultProxy(Number(new URL(testUrl()).port));
  t.teardown(() => proxy.close());
  const url = Object.assign(new URL(testUrl()), { hostname: '127.0.0.1', port: String(proxy.port) }).href;
  const knex = testKnex({ connection: url, log: { debug() {}, deprecate() {}, error() {}, warn() {} } });
  t.teardown(() => knex.destroy());
  const server = await aServer(t, knex, { recoveryTimeout: 0 });
  const path = await anAccount(server);

  for (const [index, side] of (['request', 'sent', 'reply'] as const).entries()) {
    proxy.breakAt('deposited', side);
    t.like(await send(server, 'POST', path, { body: deposit(1) }), { status: 200, etag: `"${index + 2}"` });
  }
  // The store is cut off when it looks for the outcome, too, so the application has to ask again.
  proxy.breakAt('deposited', 'reply', { onBreak: () => proxy.breakAt('deposited', 'request') });
  t.like(await send(server, 'POST', path, { body: deposit(1) }), { status: 200, etag: '"5"', replayed: 'true' });
  t.is(proxy.broken, 5);

  const request = { 'Idempotency-Key': 'until-it-works', body: deposit(100) };
  proxy.breakAt('deposited', 'reply', { forGood: true });
  const away = await send(server, 'POST', path, request);
  t.like(away, { status: 503, etag: null });
  t.is(away.headers.get('Retry-After'), '2');
  t.is(server.logged.length, 1);
  t.is((await send(server, 'GET', path)).status, 503);
  proxy.mend();
  t.like(await send(server, 'POST', path, request), {
    status: 200,
    etag: '"6"',
    replayed: 'true',
    text: '{"owner":"Ada","balance":104}',
  });
  t.is((await eventsOf(path)).length, 6);
});
