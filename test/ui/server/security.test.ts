import { connect } from 'node:net';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { uiHandler } from '../../../src/ui/index.js';
import { type Limits, startServer } from '../../../src/ui/server/start-server.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { rawRequest, requestText } from '../../support/ui/raw-request.js';

const database = useTestDatabase(test);
const id = anId();
test.before(() => database.store().commitEvents(aHistory(id, 3)));

async function serving(t: ExecutionContext, limits?: Limits) {
  const handler = uiHandler({
    database: { ...database, store: database.store(), embedded: false, location: 'postgres://localhost/test' },
  });
  const server = await startServer(handler, { host: '127.0.0.1', port: 0 }, limits);
  t.teardown(() => server.close());
  const { port, url } = server;
  const host = `127.0.0.1:${port}`;
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    rawRequest(port, requestText(`GET ${path} HTTP/1.1`, { Host: host, ...headers }));
  const admitted = await get(`/${new URL(url).search}`);
  const cookie = /^set-cookie: ([^;]+);/im.exec(admitted)?.[1] ?? '';
  return { server, port, host, get, token: new URL(url).searchParams.get('token') ?? '', cookie };
}

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

test('the token in the address becomes a cookie that no script reads, and leaves the address', async (t) => {
  const { get, token, port, cookie } = await serving(t);

  const answer = await get(`/event/x?token=${token}&a=b`);

  t.is(status(answer), 303);
  t.regex(answer, /^location: \/event\/x\?a=b\r$/im);
  t.regex(
    answer,
    new RegExp(`^set-cookie: maestro-ui-${port}=[\\w-]{32}; HttpOnly; SameSite=Strict; Path=/\\r$`, 'im'),
  );
  t.false(cookie.includes(token));
  t.is(status(await get('/', { Cookie: `other=1; ${cookie}` })), 200);
});

test('without the token or with another one nobody is admitted', async (t) => {
  const { get, cookie } = await serving(t);
  const refused = await get('/aggregate/x?at=1&pin=2');
  t.is(status(refused), 401);
  t.regex(refused, /Open the address that <code>maestro ui<\/code> has printed.*open this page again\./);
  t.regex(refused, /<a href="\/aggregate\/x\?at=1&#38;pin=2">Open this page again<\/a>/);
  t.regex(await get('/live?token=AAAA&a=b'), /<a href="\/live\?a=b">/);
  t.is(status(await get('/')), 401);
  t.is(status(await get('/assets/x/main.js')), 401);
  t.is(status(await get('/?token=')), 403);
  t.is(status(await get('/?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')), 403);
  t.is(status(await get('/', { Cookie: `${cookie}x` })), 401);
  t.is(status(await get('/', { Cookie: cookie.replace(/\d+=/, '1=') })), 401);
});

test('an address for once admits once', async (t) => {
  const { get, server } = await serving(t);
  const { search } = new URL(server.urlForOnce());
  t.is(status(await get(`/${search}`)), 303);
  t.is(status(await get(`/${search}`)), 403);
});

test('a name that somebody made point here is refused before anything else', async (t) => {
  const { get, port, token, cookie } = await serving(t);
  for (const Host of [`evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port}.evil.example`, `0.0.0.0:${port}`, ''])
    t.is(status(await get(`/?token=${token}`, { Host, Cookie: cookie })), 421, Host);
  t.is(status(await get('/', { Host: `localhost:${port}`, Cookie: cookie })), 200);
  const twice = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\nCookie: ${cookie}\r\n\r\n`;
  t.true([400, 421].includes(status(await rawRequest(port, twice))));
  t.is(status(await rawRequest(port, 'GET / HTTP/1.1\r\n\r\n')), 400);
});

test('what another site asks for is refused, also with the cookie', async (t) => {
  const { get, cookie, host } = await serving(t);
  const from = (headers: Readonly<Record<string, string>>) => get('/', { Cookie: cookie, ...headers });
  for (const site of ['cross-site', 'same-site', 'anything'])
    t.is(status(await from({ 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'no-cors' })), 403, site);
  for (const Origin of ['http://evil.example', 'null', 'http://localhost:1', `https://${host}`])
    t.is(status(await from({ Origin })), 403, Origin);
  t.is(status(await from({ Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' })), 200);
  t.is(status(await from({ 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate' })), 200);
  t.notRegex(await from({}), /^access-control-/im);
});

test('a link on another site leads to a page that only asks whether to go on', async (t) => {
  const { get, cookie } = await serving(t);
  const navigation = { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
  const answer = await get(`//evil.example/"><script>`.replaceAll('"', '%22'), {
    ...navigation,
    'Sec-Fetch-Dest': 'document',
  });
  t.is(status(answer), 403);
  t.regex(answer, /<a href="\/evil\.example\/%22&#62;&#60;script&#62;">Continue<\/a>/);
  t.notRegex(answer, /set-cookie/i);
  t.is(status(await get('/', { ...navigation, 'Sec-Fetch-Dest': 'iframe' })), 403);
});

test('nothing but GET and HEAD is answered, and no body is read', async (t) => {
  const { port, host, cookie, get } = await serving(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const answer = await rawRequest(port, requestText(`${method} / HTTP/1.1`, { Host: host, Cookie: cookie }));
    t.is(status(answer), 405, method);
  }
  const head = await rawRequest(port, requestText('HEAD / HTTP/1.1', { Host: host, Cookie: cookie }));
  t.is(status(head), 200);
  t.regex(head, /\r\n\r\n$/);
  t.is(status(await get('/', { Cookie: cookie, 'Content-Length': '5' })), 413);
  t.is(status(await get('/', { Cookie: cookie, 'Transfer-Encoding': 'chunked' })), 413);
  t.is(status(await rawRequest(port, requestText('CONNECT evil.example:80 HTTP/1.1', { Host: host }))) || 0, 0);
  t.is(status(await get('/', { Cookie: cookie, Upgrade: 'websocket' })), 200);
});

test('an address leads to no file and to no other server', async (t) => {
  const { get, cookie } = await serving(t);
  for (const path of [
    '/../../../../etc/passwd',
    '/assets/../../../package.json',
    '/assets/x/..%2f..%2f..%2fpackage.json',
    '/assets/x/%2e%2e/%2e%2e/package.json',
    '/assets/x/..\\..\\package.json',
    '/%00',
    '/%ff%zz',
    '//evil.example/',
  ]) {
    const answer = await get(path, { Cookie: cookie });
    t.true([400, 404].includes(status(answer)), path);
    t.notRegex(answer, /root:|"name"/, path);
  }
  t.is(status(await get('http://evil.example/', { Cookie: cookie })), 400);
});

test('every answer forbids what a page must not do, and no cache keeps it', async (t) => {
  const { get, cookie } = await serving(t);
  for (const answer of [
    await get('/', { Cookie: cookie }),
    await get('/'),
    await get('/nothing', { Cookie: cookie }),
  ]) {
    t.regex(answer, /^content-security-policy: default-src 'none'; script-src 'self'; .*frame-ancestors 'none'\r$/im);
    t.regex(answer, /^x-content-type-options: nosniff\r$/im);
    t.regex(answer, /^cache-control: no-store\r$/im);
    t.regex(answer, /^referrer-policy: no-referrer\r$/im);
  }
});

test('too much of a request is refused', async (t) => {
  const { get, cookie } = await serving(t);
  t.is(status(await get('/', { Cookie: cookie, 'X-Long': 'x'.repeat(20_000) })), 431);
  t.is(status(await get(`/${'x'.repeat(20_000)}`, { Cookie: cookie })), 431);
});

test('who sends a request too slowly is cut off, and others are answered meanwhile', async (t) => {
  const limits: Limits = {
    maxHeaderSize: 16_384,
    headersTimeout: 50,
    requestTimeout: 50,
    connectionsCheckingInterval: 20,
    keepAliveTimeout: 50,
    silence: 60_000,
    connections: 100,
  };
  const { port, get, cookie, host } = await serving(t, limits);
  const slow = Array.from({ length: 30 }, () => rawRequest(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `));
  t.is(status(await get('/', { Cookie: cookie })), 200);
  for (const answer of await Promise.all(slow)) t.true([0, 408].includes(status(answer) || 0));
});

test('the server ends at once, with connections open and requests under way', async (t) => {
  const { server, port, host, cookie } = await serving(t);
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  const asking = rawRequest(port, requestText('GET / HTTP/1.1', { Host: host, Cookie: cookie }));
  await server.close();
  await asking.catch(() => '');
  t.pass();
});
