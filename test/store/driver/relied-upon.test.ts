import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { enginePackages } from '../../../src/connection/embedded/packages.js';
import { boundLoginDriver } from '../../../src/store/driver/pg/bound-login.js';
import { pgClient } from '../../../src/store/driver/pg/derived-client.js';
import {
  type AskingEngine,
  clientOf,
  type ClientQuery,
  type KnexClient,
  type MarkedQuery,
  type PgConnection,
} from '../../../src/store/driver/relied-upon.js';
import { LoginRefusedError } from '../../../src/store/errors.js';
import { testKnex, useEmbeddedDatabase } from '../../support/database.js';

// Each title names members of `src/store/driver/relied-upon.ts`: what fails here is what an upgrade of a package has broken.

const embedded = useEmbeddedDatabase(test);

/** A Knex instance on `pg` with few connections. */
function pgKnex(
  t: ExecutionContext,
  options: Partial<Knex.Config> = {},
): { knex: Knex; client: KnexClient<PgConnection> } {
  const knex = testKnex({ pool: { min: 0, max: 2 }, compileSqlOnError: false, log: { warn() {} }, ...options });
  t.teardown(() => knex.destroy());
  return { knex, client: clientOf<PgConnection>(knex) };
}

/** A connection of a pool until the end of the test. */
async function aConnection(t: ExecutionContext): Promise<PgConnection> {
  const { client } = pgKnex(t);
  const connection = await client.acquireConnection();
  t.teardown(() => client.releaseConnection(connection));
  return connection;
}

function aStatement(sql: string, bindings: readonly unknown[] = [], options: object = {}): ClientQuery {
  return { sql, bindings, options, method: 'raw', __knexQueryUid: 'of this test' };
}

/** Fails with the name of a member that is gone. */
function assertHas(
  t: ExecutionContext,
  what: string,
  owner: object,
  member: string,
  type: 'object' | 'function' | 'string',
): void {
  t.is(typeof (owner as Record<string, unknown>)[member], type, `${what}.${member} is no ${type} any more`);
}

test('knex: client.driverName and client.constructor.name tell its own client for pg from those derived from it', async (t) => {
  const { knex, client } = pgKnex(t);
  t.like(client, { driverName: 'pg' });
  t.is(client.constructor.name, 'Client_PG');
  await knex.transaction(async (transaction) => t.is(clientOf(transaction).constructor.name, 'Client_PG'));
  const derived = pgKnex(t, { client: pgClient({ boundLogin: true }) });
  t.is(derived.client.driverName, 'pg');
  t.not(derived.client.constructor.name, 'Client_PG');
});

test('knex: client.driver is the module of the driver, in transactions too, and undefined in that of knex-pglite', async (t) => {
  const { knex, client } = pgKnex(t);
  assertHas(t, 'client', client, 'driver', 'object');
  await knex.transaction(async (transaction) => t.is(clientOf(transaction).driver, client.driver));
  const { knex: onEngine } = embedded.get();
  t.is(clientOf(onEngine).driver, undefined);
  await onEngine.transaction(async (transaction) => t.is(clientOf(transaction).driver, undefined));
});

test('knex: client.acquireConnection and client.releaseConnection take from the pool and give back; tarn: pool.used tells', async (t) => {
  const { client } = pgKnex(t, { acquireConnectionTimeout: 4321 });
  assertHas(t, 'client', client, 'acquireConnection', 'function');
  assertHas(t, 'client', client, 'releaseConnection', 'function');
  const { pool } = client;
  t.like(pool, { max: 2, acquireTimeoutMillis: 4321, destroyed: false, used: [] });
  const before = Date.now();
  const connection = await client.acquireConnection();
  const [used, ...others] = pool?.used ?? [];
  t.deepEqual(others, []);
  t.is(used?.resource, connection);
  t.true(used?.timestamp !== undefined && used.timestamp >= before && used.timestamp <= Date.now());
  await client.releaseConnection(connection);
  t.deepEqual(pool?.used, []);
  t.is(await client.acquireConnection(), connection);
  await client.releaseConnection(connection);
});

test('knex: client.acquireConnection rejects with a KnexTimeoutError when none becomes free', async (t) => {
  const { client } = pgKnex(t, { pool: { min: 0, max: 1 }, acquireConnectionTimeout: 50 });
  // Making the first one may take longer than that on a machine that is busy.
  let connection: PgConnection | undefined;
  while (connection === undefined) connection = await client.acquireConnection().catch(() => undefined);
  await t.throwsAsync(client.acquireConnection(), { name: 'KnexTimeoutError' });
  await client.releaseConnection(connection);
});

test('knex: client.acquireConnection of a transaction gives its connection, which releaseConnection leaves with it', async (t) => {
  const { knex, client } = pgKnex(t);
  await knex.transaction(async (transaction) => {
    const own = clientOf<PgConnection>(transaction);
    t.is(own.pool, undefined);
    const connection = await own.acquireConnection();
    t.is(client.pool?.used?.[0]?.resource, connection);
    await own.releaseConnection(connection);
    t.is(client.pool?.used?.length, 1);
    await transaction.transaction(async (savepoint) => t.is(await clientOf(savepoint).acquireConnection(), connection));
  });
});

test('knex: client.acquireConnection is what Knex itself asks, so that in its place another answer can be given', async (t) => {
  const { knex, client } = pgKnex(t);
  client.acquireConnection = () => Promise.reject(new Error('closed'));
  await t.throwsAsync(knex.raw('SELECT 1'), { message: 'closed' });
  await t.throwsAsync(
    knex.transaction(async () => {}),
    { message: 'closed' },
  );
});

test('knex: client.query numbers values, hands on options, tells listeners, and puts the SQL before the message of an error', async (t) => {
  const { knex, client } = pgKnex(t);
  assertHas(t, 'client', client, 'query', 'function');
  const told: unknown[] = [];
  knex.on('query', ({ sql, __knexQueryUid }: MarkedQuery) => told.push([sql, __knexQueryUid]));
  knex.on('query-error', (_error, { __knexQueryUid }: MarkedQuery) => told.push(['failed', __knexQueryUid]));
  const connection = await client.acquireConnection();
  const asked = aStatement('SELECT ?::int + 1', [1], { rowMode: 'array' });
  t.like((await client.query(connection, asked)).response, { rows: [[2]], rowCount: 1 });
  const error = await t.throwsAsync(client.query(connection, aStatement('SELECT 1/0')));
  t.is(error?.message, 'SELECT 1/0 - division by zero');
  await client.releaseConnection(connection);
  t.deepEqual(told, [
    ['SELECT $1::int + 1', 'of this test'],
    ['SELECT 1/0', 'of this test'],
    ['failed', 'of this test'],
  ]);
});

test('knex: client.query of a transaction refuses other connections, and what comes after its end', async (t) => {
  const { knex, client } = pgKnex(t);
  const [ended, connection] = await knex.transaction(async (transaction) => {
    const own = clientOf<PgConnection>(transaction);
    const other = await client.acquireConnection();
    await t.throwsAsync(own.query(other, aStatement('SELECT 1')), { message: /Invalid connection/ });
    await client.releaseConnection(other);
    return [own, await own.acquireConnection()] as const;
  });
  await t.throwsAsync(ended.query(connection, aStatement('SELECT 1')), { message: /already complete/ });
});

test('knex: client.emit reaches listeners of the instance, from a transaction too', async (t) => {
  const { knex, client } = pgKnex(t);
  assertHas(t, 'client', client, 'emit', 'function');
  const told: unknown[] = [];
  knex.on('query-response', (response, query) => told.push([response, query]));
  client.emit('query-response', 'one', 'two');
  await knex.transaction(async (transaction) => void clientOf(transaction).emit('query-response', 'three', 'four'));
  t.deepEqual(told, [
    ['one', 'two'],
    ['three', 'four'],
  ]);
});

test('knex: __knexQueryUid tells which answer belongs to which statement', async (t) => {
  const { knex } = pgKnex(t);
  const asked: unknown[] = [];
  const answered: unknown[] = [];
  knex.on('query', ({ __knexQueryUid }: MarkedQuery) => asked.push(__knexQueryUid));
  knex.on('query-response', (_response, { __knexQueryUid }: MarkedQuery) => answered.push(__knexQueryUid));
  knex.on('query-error', (_error, { __knexQueryUid }: MarkedQuery) => answered.push(__knexQueryUid));
  await knex.raw('SELECT 1');
  await t.throwsAsync(async () => knex.raw('SELECT 1/0'));
  t.deepEqual(
    asked.map((id) => typeof id),
    ['string', 'string'],
  );
  t.is(new Set(asked).size, 2);
  t.deepEqual(answered, asked);
});

test('knex: __knexUid numbers connections, and __knexTxId marks the one that a transaction has', async (t) => {
  const { knex, client } = pgKnex(t);
  const connection = await client.acquireConnection();
  assertHas(t, 'connection', connection, '__knexUid', 'string');
  t.is(connection.__knexTxId, undefined);
  await client.releaseConnection(connection);
  await knex.transaction(async (transaction) =>
    assertHas(t, 'connection', await clientOf(transaction).acquireConnection(), '__knexTxId', 'string'),
  );
  t.is(connection.__knexTxId, undefined);
});

test('knex: __knex__disposed keeps a connection from being given to anybody', async (t) => {
  const { client } = pgKnex(t, { pool: { min: 0, max: 1 } });
  const connection = await client.acquireConnection();
  connection.__knex__disposed = 'as this test says';
  await client.releaseConnection(connection);
  const other = await client.acquireConnection();
  t.not(other, connection);
  await client.releaseConnection(other);
});

test('knex: client.pool is gone after destroy(); tarn: pool.destroyed tells as soon as that begins', async (t) => {
  const { knex, client } = pgKnex(t);
  const { pool } = client;
  const destroyed = knex.destroy();
  t.is(pool?.destroyed, true);
  await destroyed;
  t.is(client.pool, undefined);
});

test('knex: _acquireOnlyConnection, connectionSettings, _driver and _query are what a derived client has to override', async (t) => {
  const calls: string[] = [];
  let settings: object | undefined;
  // The prototype of a client that pgClient() derives from is Knex's own.
  const Derived = pgClient({ boundLogin: true }) as unknown as new (config: object) => {
    connectionSettings: object;
    _driver(): object;
    _acquireOnlyConnection(): Promise<PgConnection>;
    _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown>;
  };
  const Base = Object.getPrototypeOf(Derived) as typeof Derived;
  for (const member of ['_driver', '_acquireOnlyConnection', '_query'])
    assertHas(t, 'client', Base.prototype as object, member, 'function');
  class Watching extends Base {
    override _driver() {
      calls.push('_driver');
      return super._driver();
    }
    override _acquireOnlyConnection() {
      calls.push('_acquireOnlyConnection');
      settings = this.connectionSettings;
      // Spread, they would be without the password, which Knex hides.
      this.connectionSettings = Object.create(settings, { application_name: { value: 'as this test says' } }) as object;
      try {
        return super._acquireOnlyConnection();
      } finally {
        this.connectionSettings = settings;
      }
    }
    override _query(connection: PgConnection, statement: { readonly sql: string }) {
      calls.push(statement.sql);
      return super._query(connection, statement);
    }
  }
  const { knex } = pgKnex(t, { client: Watching as unknown as typeof Knex.Client });
  const name = "SELECT current_setting('application_name') AS name";
  await knex.transaction(
    async (transaction) => {
      t.deepEqual((await transaction.raw<{ rows: object[] }>(name)).rows, [{ name: 'as this test says' }]);
    },
    { isolationLevel: 'read committed' },
  );
  t.deepEqual(calls, [
    '_driver',
    '_acquireOnlyConnection',
    'BEGIN TRANSACTION ISOLATION LEVEL read committed;',
    name,
    'COMMIT;',
  ]);
  t.is(typeof settings, 'object', 'client.connectionSettings is no object any more');
});

test('pg: query() keeps a statement with a name prepared, asks `types` how to read columns, and calls back', async (t) => {
  const connection = await aConnection(t);
  const types: number[] = [];
  const statement = {
    name: 'of_this_test',
    text: 'SELECT $1::int, $2::text',
    values: [1, 'two'],
    rowMode: 'array',
    types: {
      getTypeParser: (type: number) => {
        types.push(type);
        return (text: string) => `<${text}>`;
      },
    },
  };
  const response = await new Promise((resolve, reject) => {
    connection.query(statement, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  t.like(response, { rows: [['<1>', '<two>']], rowCount: 1 });
  t.deepEqual(types, [23, 25]);
  const { rows } = await connection.query("SELECT name FROM pg_prepared_statements WHERE name = 'of_this_test'");
  t.is(rows.length, 1);
});

test('pg: query() takes the streams of pg-copy-streams, which count rows', async (t) => {
  const { default: copy } = await import('pg-copy-streams');
  const connection = await aConnection(t);
  await connection.query('CREATE TEMPORARY TABLE copied (line text)');
  const stream = connection.query(copy.from('COPY copied FROM STDIN'));
  stream.end('one\ntwo\n');
  await once(stream, 'finish');
  t.is(stream.rowCount, 2);
});

test('pg: getTransactionStatus() tells whether a transaction is open, and failed', async (t) => {
  const connection = await aConnection(t);
  assertHas(t, 'connection', connection, 'getTransactionStatus', 'function');
  const status = async (sql: string) => {
    await connection.query(sql).catch(() => {});
    return connection.getTransactionStatus?.();
  };
  t.is(await status('SELECT 1'), 'I');
  t.is(await status('BEGIN'), 'T');
  t.is(await status('SELECT 1/0'), 'E');
  t.is(await status('ROLLBACK'), 'I');
});

test('pg: `error` tells once why the server ended a connection, and later statements only that it is gone', async (t) => {
  const { knex, client } = pgKnex(t);
  const connection = await client.acquireConnection();
  const reason = new Promise<unknown>((resolve) => connection.once?.('error', resolve));
  const [own] = (await connection.query('SELECT pg_backend_pid() AS pid')).rows as [{ pid: number }];
  await knex.raw('SELECT pg_terminate_backend(?)', [own.pid]);
  t.like(await reason, { code: '57P01', severity: 'FATAL' });
  await t.throwsAsync(connection.query('SELECT 1'), { message: /is not queryable|Connection (?:terminated|ended)/i });
  t.truthy(connection.__knex__disposed, 'knex: a connection that ended has no __knex__disposed any more');
  await client.releaseConnection(connection);
});

test('pg: connection.stream is the socket, which tells its port, and whose end fails what waits', async (t) => {
  const { client } = pgKnex(t);
  const connection = await client.acquireConnection();
  const { stream } = connection.connection ?? {};
  assertHas(t, 'connection', connection, 'connection', 'object');
  assertHas(t, 'connection.connection', connection.connection ?? {}, 'stream', 'object');
  const { rows } = await connection.query('SELECT inet_client_port() AS port');
  t.deepEqual(rows, [{ port: stream?.localPort ?? 'no port' }]);
  const waiting = t.throwsAsync(connection.query('SELECT pg_sleep(60)'), { message: /Connection terminated/ });
  connection.once?.('error', () => {});
  stream?.destroy();
  await waiting;
  await client.releaseConnection(connection);
});

/** A server that answers the start of a connection with some message, and what it is sent after that. */
async function aLogin(t: ExecutionContext, answer: Buffer): Promise<{ port: number; received: Promise<Buffer> }> {
  let received = (_bytes: Buffer): void => {};
  const all = new Promise<Buffer>((resolve) => (received = resolve));
  const server = createServer((socket: Socket) => {
    const later: Buffer[] = [];
    socket.once('data', () => {
      socket.on('data', (bytes: Buffer) => void later.push(bytes));
      socket.write(answer);
    });
    socket.on('error', () => {});
    socket.on('close', () => received(Buffer.concat(later)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  return { port: (server.address() as { port: number }).port, received: all };
}

function authentication(kind: number, rest = ''): Buffer {
  const message = Buffer.alloc(9);
  message.write('R');
  message.writeInt32BE(8 + rest.length, 1);
  message.writeInt32BE(kind, 5);
  return Buffer.concat([message, Buffer.from(rest, 'latin1')]);
}

const LOGINS = {
  authenticationOk: authentication(0),
  authenticationCleartextPassword: authentication(3),
  authenticationMD5Password: authentication(5, 'salt'),
  authenticationSASL: authentication(10, 'SCRAM-SHA-256\0\0'),
};

for (const [event, message] of Object.entries(LOGINS))
  test(`pg: \`${event}\` is told before pg answers, so that an unbound login can be refused`, async (t) => {
    const { Client } = boundLoginDriver() as {
      Client: new (config: object) => { connect(): Promise<unknown>; end(): void };
    };
    const { port, received } = await aLogin(t, message);
    const client = new Client({ host: '127.0.0.1', port, user: 'ada', password: 'secret', database: 'none' });
    await t.throwsAsync(client.connect(), { instanceOf: LoginRefusedError });
    void client.end();
    const sent = (await received).toString('latin1');
    t.notRegex(sent, /^p/, 'pg has sent something made of the password');
  });

test('knex-pglite: the engine of the configuration is the connection, and its options are rowMode and parsers', async (t) => {
  const { engine, dialect } = enginePackages();
  t.is(typeof engine(), 'function');
  t.is(typeof dialect(), 'function');
  const client = clientOf(embedded.get().knex);
  const connection = await client.acquireConnection();
  assertHas(t, 'engine', connection, 'query', 'function');
  const options = { rowMode: 'array', parsers: { 23: (text: string) => `<${text}>`, 3802: (text: string) => text } };
  const read = aStatement(`SELECT ?::int, '{"a":1}'::jsonb`, [1], options);
  t.like((await client.query(connection, read)).response, { rows: [['<1>', '{"a": 1}']] });
  const write = aStatement('CREATE TEMPORARY TABLE counted AS SELECT generate_series(1, 3)');
  await client.query(connection, write);
  t.like((await client.query(connection, aStatement('DELETE FROM counted'))).response, { affectedRows: 3 });
  await client.releaseConnection(connection);
});

test('pglite: query() and exec() send all their messages by execProtocol and execProtocolStream of the instance', async (t) => {
  const client = clientOf(embedded.get().knex);
  const engine = (await client.acquireConnection()) as unknown as AskingEngine;
  const { execProtocol, execProtocolStream } = engine;
  for (const member of ['query', 'exec', 'execProtocol', 'execProtocolStream', 'close'])
    assertHas(t, 'engine', engine, member, 'function');
  const stopped = () => Promise.reject(new Error('as this test says'));
  Object.assign(engine, { execProtocol: stopped, execProtocolStream: stopped });
  await t.throwsAsync(engine.query('SELECT 1' as never), { message: 'as this test says' });
  await t.throwsAsync(engine.exec('SELECT 1' as never), { message: 'as this test says' });
  Object.assign(engine, { execProtocol, execProtocolStream });
  await t.notThrowsAsync(engine.query('SELECT 1' as never));
  await client.releaseConnection(engine as never);
});

test('pglite: errors of PostgreSQL have their severity, by which a panic is known', async (t) => {
  const { knex } = embedded.get();
  t.like(await t.throwsAsync(async () => knex.raw('SELECT 1/0')), { severity: 'ERROR', code: '22012' });
});
