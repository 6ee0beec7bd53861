import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { exitCodeFor, UNAVAILABLE } from '../../../src/cli/exit-codes.js';
import { parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { openServer, type ServerOptions } from '../../../src/connection/server/server.js';
import { mismatch } from '../../../src/connection/server/target-session.js';
import { storeError } from '../../../src/store/failures/database-errors.js';
import { DatabaseUnreachableError, LoginRefusedError } from '../../../src/store/errors.js';
import { runCli } from '../../support/cli/cli.js';
import { makeAuthority } from '../../support/servers/certificates.js';
import { testUrl, useTemporaryFolder } from '../../support/database.js';
import { failureOf } from '../../support/cli/error-text.js';
import { freePort, startPostgres, type TestPostgres } from '../../../scripts/support/postgres.js';
import { listenAndHangUp, relay } from '../../support/servers/tcp.js';

/** The server of all tests: a primary server without encryption. */
const primary = new URL(testUrl());
const temporary = useTemporaryFolder(test);
const sockets = join(temporary, 's');
const authority = makeAuthority('Test authority');
/** A server that knows TLS and SCRAM, and later on is a standby. */
let other: TestPostgres;

const HBA = `
local     all all               scram-sha-256
hostnossl all needs_tls   all   reject
hostssl   all needs_plain all   reject
host      all all         all   scram-sha-256
`;

test.before(async () => {
  mkdirSync(sockets);
  chmodSync(temporary, 0o755);
  chmodSync(sockets, 0o777);
  other = await startPostgres(['-c', 'fsync=off', '-c', `unix_socket_directories=${sockets}`]);
  const { cert, key } = authority.issue('localhost', '127.0.0.1');
  for (const [name, text] of Object.entries({ 'server.crt': cert, 'server.key': key, 'pg_hba.conf': HBA })) {
    const file = join(other.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    chownSync(file, statSync(other.folder).uid, statSync(other.folder).gid);
  }
  await ask(other.url, `CREATE ROLE needs_tls LOGIN PASSWORD 'pw'`);
  await ask(other.url, `CREATE ROLE needs_plain LOGIN PASSWORD 'pw'`);
  await ask(other.url, `CREATE ROLE reads LOGIN PASSWORD 'pw'`);
  await ask(other.url, 'ALTER ROLE reads SET default_transaction_read_only = on');
  await ask(other.url, 'ALTER SYSTEM SET ssl = on');
  await ask(other.url, 'SELECT pg_reload_conf()');
});
test.after.always(() => other?.stop());

/** Sends a statement on a new connection and returns the answer. */
async function ask(
  url: string,
  sql: string,
  options: Partial<ServerOptions> = {},
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const opened = openServer(parseDatabaseUrl(url, '--url'), { schema: 'public', ...options });
  try {
    return (await opened.knex.raw<{ rows: Record<string, unknown>[] }>(sql)).rows[0];
  } catch (error) {
    throw storeError(error);
  } finally {
    await opened.close();
  }
}

const WHERE = `SELECT inet_server_port() AS port, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS ssl`;
const at = (port: number | string) => `127.0.0.1:${port}`;
const onOther = (user: string, query: string) => `postgres://${user}:pw@${at(other.port)}/postgres?${query}`;
const several = (places: readonly string[], query = '') =>
  `postgres://postgres:postgres@${places.join(',')}/postgres${query}`;

test.serial(
  'sslmode=prefer encrypts where it can, and allow where it must; the refusals of a server decide',
  async (t) => {
    for (const [user, query, ssl] of [
      ['reads', 'sslmode=prefer', true],
      ['reads', 'sslmode=allow', false],
      ['needs_tls', 'sslmode=prefer', true],
      ['needs_tls', 'sslmode=allow', true],
      ['needs_plain', 'sslmode=prefer', false],
      ['needs_plain', 'sslmode=allow', false],
      ['needs_tls', 'sslmode=require', true],
      ['needs_tls', 'ssl=true', true],
      ['needs_tls', 'sslmode=no-verify', true],
      ['reads', 'sslmode=require&sslnegotiation=direct', true],
      ['reads', 'ssl=false', false],
    ] as const)
      t.is((await ask(onOther(user, query), WHERE))?.['ssl'], ssl, `${user} ${query}`);
    // A server that knows no TLS.
    for (const mode of ['prefer', 'allow'])
      t.is((await ask(`${primary.href}?sslmode=${mode}`, WHERE))?.['ssl'], false, mode);
  },
);

test.serial('a password that is wrong is not sent a second time, in plaintext', async (t) => {
  const front = await relay(other.port);
  t.teardown(() => front.close());
  const url = `postgres://reads:wrong@${at(front.port)}/postgres?sslmode=prefer`;
  t.true((await failureOf(ask(url, WHERE))).message.includes('password authentication failed'));
  t.is(front.connections, 1);
});

test.serial('a login is bound to the encrypted connection where channel_binding asks for it, or refused', async (t) => {
  for (const binding of ['prefer', 'require', 'disable']) {
    const url = onOther('reads', `sslmode=require&channel_binding=${binding}`);
    t.is((await ask(url, WHERE))?.['ssl'], true, binding);
  }
  t.is((await ask(onOther('reads', 'sslmode=allow&channel_binding=require'), WHERE))?.['ssl'], true);
  // In plaintext, to a server that asks for the password as it is, and could be anybody's.
  const error = await failureOf(ask(`${primary.href}?sslmode=prefer&channel_binding=require`, WHERE));
  t.true(error instanceof LoginRefusedError, error.message);
  t.regex(error.message, /channel binding/);
  t.is(exitCodeFor(error), UNAVAILABLE);
});

test.serial('on the socket of a machine sslmode is ignored, and the port is in its name', async (t) => {
  for (const query of ['', '&sslmode=require', '&sslmode=verify-full&sslrootcert=/nowhere.pem']) {
    const url = `postgres://reads:pw@localhost:${other.port}/postgres?host=${sockets}${query}`;
    t.deepEqual(await ask(url, WHERE), { port: null, ssl: false }, query);
    t.deepEqual(
      await ask(`postgres://reads:pw@${encodeURIComponent(sockets)}:${other.port}/postgres?${query.slice(1)}`, WHERE),
      { port: null, ssl: false },
    );
  }
});

test.serial('settings of a URL hold for the session, and a session that only reads stays one', async (t) => {
  const sql = `SELECT current_setting('geqo') AS geqo, current_setting('default_transaction_read_only') AS "readOnly"`;
  const url = `${primary.href}?options=-c%20geqo%3Doff%20-c%20default_transaction_read_only%3Doff`;
  t.deepEqual(await ask(url, sql), { geqo: 'off', readOnly: 'off' });
  t.deepEqual(await ask(url, sql, { readOnly: true }), { geqo: 'off', readOnly: 'on' });
});

test.serial('of several servers the first that can be reached is taken', async (t) => {
  const [gone, nobody] = [await listenAndHangUp(), await freePort()];
  t.teardown(() => gone.close());
  const port = Number(primary.port);
  for (const places of [
    [at(port), at(nobody)],
    [at(nobody), at(port)],
    [at(gone.port), at(nobody), at(port)],
  ])
    t.is((await ask(several(places), WHERE))?.['port'], port, places.join());
  t.is((await ask(several([at(nobody), at(port)], '?load_balance_hosts=random'), WHERE))?.['port'], port);
  t.is(
    (await ask(`postgres://postgres:postgres@nowhere.invalid:${port}/postgres?hostaddr=127.0.0.1`, WHERE))?.['port'],
    port,
  );
});

test.serial('the password file has a line for each server, by the name of its host', async (t) => {
  const file = join(temporary, 'pgpass');
  writeFileSync(file, `nowhere.invalid:${primary.port}:*:*:postgres\n127.0.0.1:${other.port}:*:reads:pw\n`, {
    mode: 0o600,
  });
  const nobody = await freePort();
  for (const [url, port] of [
    [`postgres://postgres@nowhere.invalid:${primary.port}/postgres?hostaddr=127.0.0.1&passfile=${file}`, primary.port],
    [`postgres://reads@${at(nobody)},${at(other.port)}/postgres?passfile=${file}`, other.port],
  ] as const)
    t.is((await ask(url, WHERE))?.['port'], Number(port));
});

test.serial('when none can be reached all are named, and a login that is refused ends the search', async (t) => {
  const [one, two] = [await freePort(), await freePort()];
  const error = await failureOf(ask(several([at(one), at(two)]), WHERE));
  t.true(error instanceof DatabaseUnreachableError, error.message);
  for (const port of [one, two]) t.true(error.message.includes(`${at(port)}: `), error.message);
  t.is(exitCodeFor(error), UNAVAILABLE);

  const refused = await failureOf(
    ask(several([at(other.port), at(primary.port)]).replace(':postgres@', ':wrong@'), WHERE),
  );
  t.regex(refused.message, /password authentication failed/);
});

test.serial('of several servers the one that is meant is taken', async (t) => {
  writeFileSync(join(other.folder, 'standby.signal'), '');
  await other.restart();
  const [standby, main] = [other.port, Number(primary.port)];
  const places = [at(standby), at(main)];
  for (const [target, port] of [
    ['any', standby],
    ['read-write', main],
    ['primary', main],
    ['read-only', standby],
    ['standby', standby],
    ['prefer-standby', standby],
  ] as const)
    for (const readOnly of [false, true])
      t.is(
        (await ask(several(places, `?target_session_attrs=${target}`), WHERE, { readOnly }))?.['port'],
        port,
        target,
      );
  t.is((await ask(several([at(main)], '?target_session_attrs=prefer-standby'), WHERE))?.['port'], main);

  const error = await failureOf(ask(several([at(standby)], '?target_session_attrs=read-write'), WHERE));
  t.regex(error.message, /No server is what target_session_attrs=read-write asks for: .* is a standby/);
  const { code, stderr } = await runCli([
    'events',
    '0'.repeat(32),
    '--url',
    several([at(standby)], '?target_session_attrs=primary'),
  ]);
  t.is(code, UNAVAILABLE, stderr);
});

test('a server is judged by what it says of itself, and a session that Maestro made read-only by the server alone', (t) => {
  const facts = { standby: { isStandby: true, readOnly: 'off' }, locked: { isStandby: false, readOnly: 'on' } };
  const free = { isStandby: false, readOnly: 'off' };
  t.is(mismatch('read-write', free, false), undefined);
  t.is(mismatch('read-write', facts.locked, false), 'makes sessions read-only');
  t.is(mismatch('read-write', facts.locked, true), undefined);
  t.is(mismatch('read-write', facts.standby, true), 'is a standby');
  t.is(mismatch('read-only', facts.locked, false), undefined);
  t.is(mismatch('read-only', free, false), 'takes writes');
  t.is(mismatch('primary', facts.locked, false), undefined);
  t.is(mismatch('standby', free, false), 'is a primary server');
  t.is(mismatch('any', facts.standby, false), undefined);
});
