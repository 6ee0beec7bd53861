import test from 'ava';
import type { Knex } from 'knex';
import { pgClient } from '../../../../src/store/driver/pg/derived-client.js';
import { leavesStatements } from '../../../../src/store/driver/pg/leaves-statements.js';
import { clientOf, type MarkedQuery, type PgConnection } from '../../../../src/store/driver/relied-upon.js';
import { aStatement, assertHas, pgKnex } from './members.js';

// Each title names members of `src/store/driver/relied-upon.ts`: what fails here is what an upgrade has broken.

test('knex: client.driverName and client.constructor.name tell its own client for pg from those derived from it', async (t) => {
  const { knex, client } = pgKnex(t);
  t.like(client, { driverName: 'pg' });
  t.is(client.constructor.name, 'Client_PG');
  await knex.transaction(async (transaction) => t.is(clientOf(transaction).constructor.name, 'Client_PG'));
  const derived = pgKnex(t, { client: pgClient({ boundLogin: true }) });
  t.is(derived.client.driverName, 'pg');
  t.not(derived.client.constructor.name, 'Client_PG');
  t.true(leavesStatements(derived.client));
  const ours = pgKnex(t, { client: pgClient({}) });
  await ours.knex.transaction(async (transaction) => t.true(leavesStatements(clientOf(transaction))));
  const reading = pgKnex(t, { client: pgClient({ readOnlyTransactions: { refuseHiddenRows: true } }) });
  t.false(leavesStatements(reading.client));
});

test('knex: client.config is one object for an instance, its transactions and their savepoints, and no other instance has it', async (t) => {
  const { knex, client } = pgKnex(t);
  assertHas(t, 'client', client, 'config', 'object');
  await knex.transaction(async (transaction) => {
    t.is(clientOf(transaction).config, client.config);
    await transaction.transaction(async (savepoint) => t.is(clientOf(savepoint).config, client.config));
  });
  t.not(pgKnex(t).client.config, client.config);
});

test('knex: client.driver is the module of the driver, in transactions too', async (t) => {
  const { knex, client } = pgKnex(t);
  assertHas(t, 'client', client, 'driver', 'object');
  await knex.transaction(async (transaction) => t.is(clientOf(transaction).driver, client.driver));
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

test('knex: _acquireOnlyConnection, checkVersion, connectionSettings, _driver and _query are what a derived client has to override', async (t) => {
  const calls: string[] = [];
  let settings: object | undefined;
  // The prototype of a client that pgClient() derives from is Knex's own.
  const Derived = pgClient({ boundLogin: true }) as unknown as new (config: object) => {
    connectionSettings: object;
    _driver(): object;
    _acquireOnlyConnection(): Promise<PgConnection>;
    checkVersion(connection: PgConnection): Promise<string>;
    _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown>;
  };
  const Base = Object.getPrototypeOf(Derived) as typeof Derived;
  for (const member of ['_driver', '_acquireOnlyConnection', 'checkVersion', '_query'])
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
    override checkVersion(connection: PgConnection) {
      calls.push('checkVersion');
      return super.checkVersion(connection);
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
    'checkVersion',
    'BEGIN TRANSACTION ISOLATION LEVEL read committed;',
    name,
    'COMMIT;',
  ]);
  t.is(typeof settings, 'object', 'client.connectionSettings is no object any more');
});
