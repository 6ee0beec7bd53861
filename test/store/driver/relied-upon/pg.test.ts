import { type EventEmitter, once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { withBoundLogin } from '../../../../src/store/driver/pg/bound-login.js';
import type { PgConnection, PgModule, PgProtocol, PgStatement } from '../../../../src/store/driver/relied-upon.js';
import { LoginRefusedError } from '../../../../src/store/errors.js';
import { assertHas, pgKnex } from './members.js';

// Each title names members of `src/store/driver/relied-upon.ts`: what fails here is what an upgrade has broken.

/** A connection of a pool until the end of the test. */
async function aConnection(t: ExecutionContext): Promise<PgConnection> {
  const { client } = pgKnex(t);
  const connection = await client.acquireConnection();
  t.teardown(() => client.releaseConnection(connection));
  return connection;
}

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

test('pg: its class of statements takes what a statement inherits, and writes each message to connection.stream', async (t) => {
  const connection = await aConnection(t);
  const { Query } = connection.constructor;
  if (Query === undefined) return t.fail('a connection has no class of statements any more');
  const query = new Query(
    Object.create({ text: 'SELECT $1::text', values: ['a'], name: 'inherited' }) as PgStatement,
    () => {},
  );
  t.like(query, { text: 'SELECT $1::text', name: 'inherited' });
  const protocol = connection.connection as unknown as PgProtocol;
  t.true(protocol.stream.writable);
  const written: Uint8Array[] = [];
  const stream = { writable: true, write: (part: Uint8Array) => written.push(part) > 0 };
  query.prepare(Object.assign(Object.create(protocol) as PgProtocol, { stream, submittedNamedStatements: {} }));
  const types = written.map(([type]) => String.fromCharCode(type ?? 0));
  t.deepEqual(types, ['P', 'B', 'D', 'E', 'S'], 'parse, bind, describe, execute, sync');
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
    // After an error the server tells the status a moment later than the error.
    const told = once(connection as unknown as EventEmitter, 'drain');
    await connection.query(sql).catch(() => {});
    await told;
    return connection.getTransactionStatus?.();
  };
  t.is(await status('SELECT 1'), 'I');
  t.is(await status('BEGIN'), 'T');
  t.is(await status('SELECT 1/0'), 'E');
  t.is(await status('ROLLBACK'), 'I');
});

test('pg: `readyForQuery` is true when all that was sent is answered, and not before', async (t) => {
  const connection = await aConnection(t);
  t.is(typeof connection.readyForQuery, 'boolean');
  await connection.query('SELECT 1');
  t.true(connection.readyForQuery);
  const [first, second] = [connection.query('SELECT 1'), connection.query('SELECT 2')];
  t.false(connection.readyForQuery);
  await first;
  t.false(connection.readyForQuery);
  await second;
  t.true(connection.readyForQuery);
});

test('pg: `error` tells once why the server ended a connection, and later statements only that it is gone', async (t) => {
  const { knex, client } = pgKnex(t);
  const connection = await client.acquireConnection();
  let reason: unknown;
  connection.once?.('error', (error) => {
    reason = error;
  });
  const ended = new Promise((resolve) => (connection as unknown as EventEmitter).once('end', resolve));
  const [own] = (await connection.query('SELECT pg_backend_pid() AS pid')).rows as [{ pid: number }];
  await knex.raw('SELECT pg_terminate_backend(?)', [own.pid]);
  await ended;
  await t.throwsAsync(connection.query('SELECT 1'), { message: /is not queryable|Connection (?:terminated|ended)/i });
  t.like(reason, { code: '57P01', severity: 'FATAL' }, '`error` does not tell why a connection ended any more');
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
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const later: Buffer[] = [];
    socket.once('data', () => {
      socket.on('data', (bytes: Buffer) => void later.push(bytes));
      // Ended, so that a client that does not understand it fails.
      socket.end(answer);
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
    const { Client } = withBoundLogin(pg as unknown as PgModule);
    const { port, received } = await aLogin(t, message);
    const client = new Client({ host: '127.0.0.1', port, user: 'ada', password: 'secret', database: 'none' });
    await t.throwsAsync(client.connect(), { instanceOf: LoginRefusedError });
    const sent = (await received).toString('latin1');
    t.notRegex(sent, /^p/, 'pg has sent something made of the password');
  });

test('pg: host, port, processID and secretKey tell where a connection goes, and by what another one can cancel it', async (t) => {
  const connection = await aConnection(t);
  assertHas(t, 'connection', connection, 'processID', 'number');
  assertHas(t, 'connection', connection, 'secretKey', 'number');
  assertHas(t, 'connection', connection, 'host', 'string');
  assertHas(t, 'connection', connection, 'port', 'number');
  const { rows } = await connection.query('SELECT pg_backend_pid() AS pid');
  t.deepEqual(rows, [{ pid: connection.processID }]);
});
