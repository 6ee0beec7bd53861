import test from 'ava';
import { parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { openServer } from '../../../src/connection/server/server.js';
import { testUrl, useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';
import { listenSilently, relay } from '../../support/servers/tcp.js';

const { schema } = useTestDatabase(test);
const address = parseDatabaseUrl(testUrl(), 'the test');

/** Warnings of opening a URL. */
async function warningsOf(url: string): Promise<string[]> {
  const warnings: string[] = [];
  const database = openServer(parseDatabaseUrl(url, '--url'), { schema, warn: (text) => warnings.push(text) });
  await database.close();
  return warnings;
}

for (const host of ['db.example', '10.0.0.1', '[2001:db8::5]', '127.0.0.1.example', '[::2]'])
  test(`a connection in plaintext to ${host} warns once, naming the host and the remedy`, async (t) => {
    for (const sslmode of ['', '?sslmode=disable']) {
      const warnings = await warningsOf(`postgres://ada:canary@${host}/shop${sslmode}`);
      t.is(warnings.length, 1);
      t.true(warnings[0]?.includes(host.replace(/[[\]]/g, '')));
      t.regex(warnings[0] ?? '', /not encrypted.*sslmode/);
      t.false(warnings[0]?.includes('canary'));
    }
  });

for (const host of ['localhost', '127.0.0.1', '127.9.8.7', '[::1]', '%2Fvar%2Frun%2Fpostgresql'])
  test(`a connection in plaintext to ${host} warns of nothing`, async (t) => {
    t.deepEqual(await warningsOf(`postgres://ada@${host}/shop`), []);
  });

for (const mode of ['require', 'verify-ca', 'verify-full'])
  test(`an encrypted connection (${mode}) warns of nothing`, async (t) => {
    t.deepEqual(await warningsOf(`postgres://ada@db.example/shop?sslmode=${mode}`), []);
  });

test('opening a server connects to nothing, and so does closing it', async (t) => {
  const server = await listenSilently();
  t.teardown(() => server.close());
  const database = openServer({ ...address, port: server.port }, { schema });
  await database.close();
  t.is(server.connections, 0);
});

test('the first statement connects', async (t) => {
  const server = await relay(address.port);
  t.teardown(() => server.close());
  const database = openServer({ ...address, port: server.port }, { schema });
  t.teardown(() => database.close());
  t.is(server.connections, 0);
  t.deepEqual(await database.store.getEvents(anId(), 1), []);
  t.is(server.connections, 1);
});

test('the server is told who connects: maestro, or the application_name of the URL', async (t) => {
  for (const applicationName of [undefined, 'shop']) {
    const database = openServer({ ...address, applicationName }, { schema });
    const { rows } = await database.knex.raw<{ rows: object[] }>("SELECT current_setting('application_name') AS name");
    t.deepEqual(rows, [{ name: applicationName ?? 'maestro' }]);
    await database.close();
  }
});

test('closing twice is harmless', async (t) => {
  const database = openServer(address, { schema });
  await database.store.getEvents(anId(), 1);
  await database.close();
  await t.notThrowsAsync(database.close());
});
