import test, { type ExecutionContext } from 'ava';
import type { Database } from '../../../src/connection/database.js';
import { parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { openServer, type ServerOptions } from '../../../src/connection/server/server.js';
import { Clock } from '../../../src/hlc/clock.js';
import { appendEvents } from '../../../src/store/append.js';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { migrate, migrationSql } from '../../../src/store/migrate/migrator.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { aSchemaName, testKnex, testUrl } from '../../support/database.js';
import { aHistory, anEvent, anId, collect } from '../../support/data/factories.js';
import { type FrontendMessage, recordWire, type WireRecorder } from '../../support/servers/wire-recorder.js';

const address = parseDatabaseUrl(testUrl(), 'the test');
const knex = testKnex();
test.after.always(() => knex.destroy());

/** A database in a new schema behind a recorder. */
async function recorded(
  t: ExecutionContext,
  options: Partial<ServerOptions>,
): Promise<{ database: Database; recorder: WireRecorder }> {
  const schema = aSchemaName();
  const recorder = await recordWire(address.port);
  const database = openServer({ ...address, port: recorder.port }, { schema, ...options });
  t.teardown(async () => {
    await database.close();
    await recorder.close();
    await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  });
  return { database, recorder };
}

/** All that Maestro does with a server, commits that fail included. */
async function everything({ knex, store, schema }: Database): Promise<void> {
  const id = anId();
  await migrate(knex, { schema, partitions: 2 });
  await migrate(knex, { schema });
  await migrationSql(knex, { schema });
  await migrationStatus(knex, { schema });
  await appendEvents(store, new Clock(), id, [{ type: 'opened', body: { owner: 'Ada' } }]);
  await Promise.all(
    Array.from({ length: 8 }, () => appendEvents(store, new Clock(), id, [{ type: 'used', body: {} }])),
  );
  await store.commitEvents(aHistory(anId(), 200));
  await store.commitEvents([anEvent(id, { sequence: 2 })]);
  await store.commitAll([anEvent()], [async (_event, transaction) => void (await transaction.raw('SELECT 1'))]);
  await store.commitAll([anEvent()], [() => Promise.reject(new Error('no'))]).catch(() => {});
  await store.commitSnapshot({ aggregateId: id, sequence: 3, body: { owner: 'Ada' } });
  await store.getSnapshot(id, 1);
  await store.getEvents(id, 1);
  await collect(store.streamEvents(id, 1));
  await collect(store.streamStoredEvents(id, 1, { reverse: true, types: ['used'], since: 0, limit: 3 }));
  await rollback(knex, { schema, discardAllEvents: true });
}

/**
 * Statements, outside or inside a transaction, of which PgBouncer in transaction mode cannot keep the effect for a
 * session.
 */
const SESSION_STATE =
  /^\s*(SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)|RESET|DISCARD|LISTEN|UNLISTEN|PREPARE|DEALLOCATE|LOAD|DECLARE\b.*\bWITH HOLD|CREATE\s+(GLOBAL\s+|LOCAL\s+)?TEMP)|pg_(try_)?advisory_lock(_shared)?\s*\(|set_config\s*\([^)]*false/is;

const sqlOf = (messages: readonly FrontendMessage[]) => messages.flatMap(({ sql }) => (sql === undefined ? [] : [sql]));

test('through a pooler in transaction mode nothing depends on a session', async (t) => {
  const { database, recorder } = await recorded(t, { pooler: 'transaction', timeout: 30_000 });

  await everything(database);

  t.true(recorder.startupParameters.length > 0);
  for (const parameters of recorder.startupParameters)
    for (const name of Object.keys(parameters))
      t.true(['user', 'database', 'application_name', 'client_encoding'].includes(name), name);
  t.deepEqual(
    recorder.messages.filter(({ name }) => name !== undefined && name !== ''),
    [],
    'a statement or portal has a name',
  );
  t.deepEqual(
    sqlOf(recorder.messages).filter((sql) => SESSION_STATE.test(sql)),
    [],
  );
  const local = recorder.messages.filter(({ sql }) => /^\s*SET\b|pg_advisory_xact_lock/i.test(sql ?? ''));
  t.true(local.length > 0);
  t.true(
    local.every(({ inTransaction }) => inTransaction),
    'a setting or lock of a transaction is outside of one',
  );
});

test('without a pooler the server watches the time of a statement itself', async (t) => {
  const { database, recorder } = await recorded(t, { timeout: 30_000 });
  await database.knex.raw('SELECT 1');
  t.like(recorder.startupParameters, [{ statement_timeout: '30000', application_name: 'maestro' }]);
});

test('without a timeout no limit is sent', async (t) => {
  const { database, recorder } = await recorded(t, {});
  await database.knex.raw('SELECT 1');
  t.deepEqual(Object.keys(recorder.startupParameters[0] ?? {}).sort(), [
    'application_name',
    'client_encoding',
    'database',
    'user',
  ]);
});
