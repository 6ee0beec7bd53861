import test from 'ava';
import knexFactory from 'knex';
import { enginePackages } from '../../../../src/connection/embedded/packages.js';
import { onEngine } from '../../../../src/store/driver/pglite/knex-on-pglite.js';
import { type AskingEngine, clientOf } from '../../../../src/store/driver/relied-upon.js';
import { aStatement, assertHas } from './members.js';

// Each title names members of `src/store/driver/relied-upon.ts`: what fails here is what an upgrade has broken.

const packages = enginePackages();
const engine = new (packages.engine())();
const knex = knexFactory(onEngine(engine, packages.dialect()));
const client = clientOf(knex);
// Ends the engine, too.
test.after.always(() => knex.destroy());

test.serial(
  'knex-pglite: client.driver is undefined, in transactions too, and client.driverName is that of pg',
  async (t) => {
    t.is(client.driver, undefined);
    t.is(client.driverName, 'pg');
    await knex.transaction(async (transaction) => t.is(clientOf(transaction).driver, undefined));
  },
);

test.serial(
  'knex-pglite: the engine of the configuration is the connection, and its options are rowMode and parsers',
  async (t) => {
    const connection = await client.acquireConnection();
    t.true((connection as unknown) === engine, 'the engine of the configuration is not the connection any more');
    assertHas(t, 'engine', connection, 'query', 'function');
    const options = { rowMode: 'array', parsers: { 23: (text: string) => `<${text}>`, 3802: (text: string) => text } };
    const read = aStatement(`SELECT ?::int, '{"a":1}'::jsonb`, [1], options);
    t.like((await client.query(connection, read)).response, { rows: [['<1>', '{"a": 1}']] });
    const write = aStatement('CREATE TEMPORARY TABLE counted AS SELECT generate_series(1, 3)');
    await client.query(connection, write);
    t.like((await client.query(connection, aStatement('DELETE FROM counted'))).response, { affectedRows: 3 });
    await client.releaseConnection(connection);
  },
);

test.serial(
  'pglite: query() and exec() send all their messages by execProtocol and execProtocolStream of the instance',
  async (t) => {
    const asking = engine as unknown as AskingEngine;
    for (const member of ['query', 'exec', 'execProtocol', 'execProtocolStream', 'close'])
      assertHas(t, 'engine', asking, member, 'function');
    const { execProtocol, execProtocolStream } = asking;
    const stopped = () => Promise.reject(new Error('as this test says'));
    Object.assign(asking, { execProtocol: stopped, execProtocolStream: stopped });
    await t.throwsAsync(engine.query('SELECT 1'), { message: 'as this test says' });
    await t.throwsAsync(engine.exec('SELECT 1'), { message: 'as this test says' });
    Object.assign(asking, { execProtocol, execProtocolStream });
    await t.notThrowsAsync(engine.query('SELECT 1'));
  },
);

test.serial('pglite: errors of PostgreSQL have their severity, by which a panic is known', async (t) => {
  t.like(await t.throwsAsync(async () => knex.raw('SELECT 1/0')), { severity: 'ERROR', code: '22012' });
});
