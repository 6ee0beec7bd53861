import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import test, { type ExecutionContext } from 'ava';
import { type ExitCode, exitCodeFor, UNAVAILABLE, USAGE } from '../../../src/cli/exit-codes.js';
import type { Database } from '../../../src/connection/database.js';
import { parseDatabaseUrl, type ServerAddress } from '../../../src/connection/address/database-url.js';
import { openServer, type ServerOptions } from '../../../src/connection/server/server.js';
import type { MaestroError } from '../../../src/errors.js';
import {
  ConnectionLostError,
  DatabaseTimeoutError,
  DatabaseUnreachableError,
  LoginRefusedError,
  NotMigratedError,
  PermissionDeniedError,
} from '../../../src/store/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { aSchemaName, ONE_AT_A_TIME, testUrl, useTestDatabase } from '../../support/database.js';
import { allTextOf, failureOf } from '../../support/cli/error-text.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { listenAndHangUp, listenAsWebServer, listenSilently, relay } from '../../support/servers/tcp.js';

const { schema, knex } = useTestDatabase(test);
const lockable = { direct: useTestDatabase(test), pooled: useTestDatabase(test) };
const address = parseDatabaseUrl(testUrl(), 'the test');
const PASSWORD = `canary${randomBytes(8).toString('hex')}`;

/** A port of the system that nothing is ever on, so that no other test can take it in the meantime. */
const NOBODYS_PORT = 1;

type Work = (database: Database) => Promise<unknown>;

const read: Work = ({ store }) => store.getEvents(anId(), 1);
const write: Work = ({ store }) => store.commitEvents([anEvent()]);
const snapshot: Work = ({ store }) => store.commitSnapshot({ aggregateId: anId(), sequence: 1, body: {} });
const stream: Work = ({ store }) => store.streamEvents(anId(), 1).next();
const migration: Work = (database) => migrate(database.knex, { schema: database.schema });
const EVERY_WORK: Readonly<Record<string, Work>> = { read, write, snapshot, stream, migration };

/** A database at an address that is right but for the changes; closed when the test is done. */
function opened(t: ExecutionContext, changes: Partial<ServerAddress>, options: Partial<ServerOptions> = {}): Database {
  const database = openServer({ ...address, ...changes }, { schema, ...options });
  t.teardown(() => database.close());
  return database;
}

interface Expected {
  readonly instanceOf: abstract new (...args: never[]) => MaestroError;
  readonly message: RegExp;
  /** @defaultValue UNAVAILABLE */
  readonly exitCode?: ExitCode;
}

/** The work fails with an error that a person can read and act on, and that keeps the password to itself. */
async function assertFails(
  t: ExecutionContext,
  working: Promise<unknown>,
  { instanceOf, message, exitCode = UNAVAILABLE }: Expected,
): Promise<void> {
  const error = await failureOf(working);
  t.true(error instanceof instanceOf, `${error.name}: ${error.message}`);
  t.regex(error.message, message);
  t.regex(error.message, /^[A-Z][^\n]{10,}[^.]\.$/, 'one line, a sentence');
  t.notRegex(error.message, /undefined|\[object|SELECT "|INSERT INTO/);
  t.regex(error.hint ?? '', /^[A-Z][^\n]+\.$/);
  t.is(exitCodeFor(error), exitCode);
  t.false(allTextOf(error).includes(PASSWORD), 'the password is shown');
}

const unreachable = { instanceOf: DatabaseUnreachableError };

for (const [name, work] of Object.entries(EVERY_WORK)) {
  test(`nobody listens: ${name}`, async (t) => {
    const database = opened(t, { port: NOBODYS_PORT, password: PASSWORD });
    await assertFails(t, work(database), { ...unreachable, message: /ECONNREFUSED 127\.0\.0\.1:1\b/ });
  });

  test(`nobody answers: ${name}`, async (t) => {
    const server = await listenSilently();
    t.teardown(() => server.close());
    const database = opened(t, { port: server.port, password: PASSWORD }, { timeout: 100 });
    await assertFails(t, work(database), { ...unreachable, message: /time/i });
  });

  test(`somebody hangs up at once: ${name}; nothing was sent, so nothing is unknown`, async (t) => {
    const server = await listenAndHangUp();
    t.teardown(() => server.close());
    const database = opened(t, { port: server.port, password: PASSWORD });
    await assertFails(t, work(database), { ...unreachable, message: /terminated|ECONNRESET/ });
  });

  test(`the password is wrong: ${name}`, async (t) => {
    const database = opened(t, { password: PASSWORD });
    await assertFails(t, work(database), { instanceOf: LoginRefusedError, message: /password .*"postgres"/ });
  });

  test(`the database does not exist: ${name}`, async (t) => {
    const database = opened(t, { database: 'no_such_database' });
    await assertFails(t, work(database), { instanceOf: LoginRefusedError, message: /"no_such_database" .*not exist/ });
  });

  test(`the role may do nothing: ${name}`, async (t) => {
    const database = opened(t, await aRole(t));
    const schemaToUse = name === 'migration' ? { schema: aSchemaName() } : {};
    await assertFails(t, work({ ...database, ...schemaToUse }), {
      instanceOf: PermissionDeniedError,
      message: /permission denied/,
    });
  });
}

test('nobody listens on any address of the host: every address is named', async (t) => {
  const { lookup } = dns;
  // A host with two addresses, as localhost is on most machines: Node.js then fails with an AggregateError without words.
  const twoAddresses = (_host: string, _options: object, done: (error: null, found: dns.LookupAddress[]) => void) =>
    done(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]);
  const database = opened(t, { host: 'two.test', port: NOBODYS_PORT, password: PASSWORD });
  dns.lookup = Object.assign(
    ((host: string, ...rest: [never, never]) =>
      host === 'two.test' ? twoAddresses(host, ...rest) : lookup(host, ...rest)) as typeof lookup,
    lookup,
  );
  t.teardown(() => {
    dns.lookup = lookup;
  });

  await assertFails(t, read(database), {
    ...unreachable,
    message: /127\.0\.0\.1:1; .*127\.0\.0\.2:1\b/,
  });
});

test('the host is not known', async (t) => {
  const database = opened(t, { host: 'something.invalid', password: PASSWORD });
  await assertFails(t, read(database), { ...unreachable, message: /something\.invalid/ });
});

test('the socket folder is not there', async (t) => {
  const database = opened(t, { host: `/no-such-folder-${randomBytes(4).toString('hex')}` });
  await assertFails(t, read(database), { ...unreachable, message: /ENOENT/ });
});

test('somebody else answers', async (t) => {
  const server = await listenAsWebServer();
  t.teardown(() => server.close());
  const database = opened(t, { port: server.port, password: PASSWORD }, { timeout: 200 });
  await assertFails(t, read(database), { ...unreachable, message: /./ });
});

test('somebody else answers to the request for encryption', async (t) => {
  const server = await listenAsWebServer();
  t.teardown(() => server.close());
  const database = opened(t, { port: server.port, sslMode: 'require', password: PASSWORD }, { timeout: 200 });
  const error = await failureOf(read(database));
  t.is(exitCodeFor(error), UNAVAILABLE, `${error.name}: ${error.message}`);
});

test('connect_timeout of the URL decides over the timeout for statements', async (t) => {
  const server = await listenSilently();
  t.teardown(() => server.close());
  const patient = read(opened(t, { port: server.port, connectTimeout: 60 }, { timeout: 1 }));
  const hasty = read(opened(t, { port: server.port, connectTimeout: 1 }, { timeout: 60_000 }));
  const which = (name: string) => () => name;

  t.is(await Promise.race([patient.catch(which('60 s')), hasty.catch(which('1 s'))]), '1 s');

  await server.close();
  await failureOf(patient);
});

test('an application with no password to offer is refused', async (t) => {
  const { PGPASSWORD, PGPASSFILE } = process.env;
  t.is(PGPASSWORD ?? PGPASSFILE, undefined, 'this test needs an environment without a password');
  const database = opened(t, { password: undefined });
  await assertFails(t, read(database), { instanceOf: LoginRefusedError, message: /password/ });
});

for (const [mode, { schema: own }] of Object.entries(lockable))
  test(`a statement that takes too long is given up (${mode}), and the next one is not held up by it`, async (t) => {
    const pooler = mode === 'pooled' ? 'transaction' : undefined;
    const database = opened(t, { connectTimeout: 5 }, { schema: own, timeout: 300, pooler });
    const other = await knex.transaction();
    await other.raw(`LOCK TABLE "${own}".event_log IN ACCESS EXCLUSIVE MODE`);
    try {
      await assertFails(t, read(database), { instanceOf: DatabaseTimeoutError, message: /time/ });
    } finally {
      await other.rollback();
    }
    t.deepEqual(await read(database), []);
  });

test('the server falls silent under a statement', async (t) => {
  const server = await relay(address.port);
  t.teardown(() => server.close());
  const database = opened(t, { port: server.port, connectTimeout: 5 }, { timeout: 200 });
  await database.knex.raw('SELECT 1');
  server.fallSilent();
  const error = await failureOf(read(database));
  t.true(
    [ConnectionLostError, DatabaseTimeoutError, DatabaseUnreachableError].some((kind) => error instanceof kind),
    `${error.name}: ${error.message}`,
  );
  t.is(exitCodeFor(error), UNAVAILABLE);
});

test('the transactions of the role are read-only', async (t) => {
  const role = await aRole(t, 'SET default_transaction_read_only = on');
  await knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO "${role.user}"`);
  await knex.raw(`${ONE_AT_A_TIME}; GRANT ALL ON ALL TABLES IN SCHEMA "${schema}" TO "${role.user}"`);
  const database = opened(t, role);
  const readOnly = { instanceOf: PermissionDeniedError, message: /read-only/ };
  t.deepEqual(await read(database), []);
  await assertFails(t, write(database), readOnly);
  await assertFails(t, snapshot(database), readOnly);
});

test('the role may read but not write', async (t) => {
  const role = await aRole(t);
  await knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO "${role.user}"`);
  await knex.raw(`${ONE_AT_A_TIME}; GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO "${role.user}"`);
  const database = opened(t, role);
  const denied = { instanceOf: PermissionDeniedError, message: /permission denied for table/ };
  t.deepEqual(await read(database), []);
  await assertFails(t, write(database), denied);
  await assertFails(t, snapshot(database), denied);
});

for (const [name, work] of Object.entries({ read, write, snapshot, stream }))
  test(`the tables are not there: ${name}`, async (t) => {
    const missing = aSchemaName();
    const database = opened(t, {}, { schema: missing });
    await assertFails(t, work(database), {
      instanceOf: NotMigratedError,
      message: new RegExp(`${missing}.*does not exist`),
      exitCode: USAGE,
    });
  });

test('the role has no connection left', async (t) => {
  const role = await aRole(t, 'CONNECTION LIMIT 1');
  const first = opened(t, role);
  const held = await first.knex.transaction();
  try {
    await assertFails(t, read(opened(t, role)), { ...unreachable, message: /too many connections/ });
  } finally {
    await held.rollback();
  }
});

/** A role that may log in and nothing else, gone when the test is done: it lasts as long as no connection uses it. */
async function aRole(t: ExecutionContext, change?: string): Promise<Pick<ServerAddress, 'user' | 'password'>> {
  const user = `test_${randomBytes(6).toString('hex')}`;
  await knex.raw(`CREATE ROLE "${user}" LOGIN PASSWORD '${PASSWORD}'`);
  if (change !== undefined) await knex.raw(`ALTER ROLE "${user}" ${change}`);
  t.teardown(async () => {
    await knex.raw(`${ONE_AT_A_TIME}; DROP OWNED BY "${user}"`);
    await knex.raw(`DROP ROLE "${user}"`);
  });
  return { user, password: PASSWORD };
}
