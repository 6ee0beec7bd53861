import test, { type ExecutionContext } from 'ava';
import { anId } from '../../support/data/factories.js';
import { testUrl, useTestDatabase } from '../../support/database.js';
import { poolers } from '../../support/servers/pooler.js';
import { recordWire } from '../../support/servers/wire-recorder.js';
import { serving, visitServed } from '../../support/ui/serving.js';
import { untilWaiting, whileLocked } from '../../support/ui/waiting.js';

const [direct, pooled, recorded] = [useTestDatabase(test), useTestDatabase(test), useTestDatabase(test)];

/** The environment of somebody who uses a schema by a port of this machine. */
function environmentOf(schema: string, port: number | string, query = ''): Record<string, string> {
  const url = Object.assign(new URL(testUrl()), { port: String(port), search: query });
  return { MAESTRO_DATABASE_URL: url.href, MAESTRO_SCHEMA: schema, PGCONNECT_TIMEOUT: '60' };
}

/** Looks at a page whose statement waits for a lock, longer than the pages are told to wait. */
async function endsByItself(
  t: ExecutionContext,
  database: typeof direct,
  environment: Record<string, string>,
  argv: readonly string[],
): Promise<void> {
  const server = await serving(environment, [...argv, '--timeout', '2']);
  await whileLocked(database, async () => {
    const page = await visitServed(server.url, `/aggregate/${anId().hex}`);
    t.is(page.status, 504);
    t.regex(await page.text(), /The database stopped the statement: .*allow more time \(--timeout/s);
    // Not only the page has ended.
    await untilWaiting(database, 0);
  });
  const page = await visitServed(server.url, '/search');
  t.is(page.status, 200);
  t.is(await server.end(), 130);
}

test('a statement of a page ends in the database when its time is over', async (t) => {
  await endsByItself(t, direct, environmentOf(direct.schema, new URL(testUrl()).port), []);
});

for (const [name, start] of Object.entries(poolers()))
  test(`also behind ${name} in transaction mode`, async (t) => {
    const pooler = await start(testUrl());
    t.teardown(() => pooler.close());
    await endsByItself(t, pooled, environmentOf(pooled.schema, pooler.port), ['--pooler', 'transaction']);
  });

test('without --timeout it is half a minute, unless the URL says another', async (t) => {
  const recorder = await recordWire(Number(new URL(testUrl()).port));
  t.teardown(() => recorder.close());
  const { schema } = recorded;
  const asked = async (query: string, argv: readonly string[]) => {
    const server = await serving(environmentOf(schema, recorder.port, query), argv);
    t.is((await visitServed(server.url, '/search')).status, 200);
    await server.end();
  };

  await asked('', []);
  t.regex(recorder.startupParameters.at(-1)?.['options'] ?? '', /^-c statement_timeout=30000 /);
  await asked('?options=-c%20statement_timeout%3D5000', []);
  t.regex(
    recorder.startupParameters.at(-1)?.['options'] ?? '',
    /-c statement_timeout=30000 -c statement_timeout=5000 /,
  );
  await asked('', ['--timeout', '7']);
  t.is(recorder.startupParameters.at(-1)?.['statement_timeout'], '7000');
  t.notRegex(recorder.startupParameters.at(-1)?.['options'] ?? '', /statement_timeout/);

  const before = recorder.messages.length;
  await asked('', ['--pooler', 'transaction']);
  const sent = recorder.messages.slice(before).flatMap(({ sql }) => sql ?? []);
  const reads = sent.filter((sql) => /event_log/.test(sql));
  t.true(reads.length > 0);
  t.is(recorder.startupParameters.at(-1)?.['options'], undefined);
  t.true(sent.filter((sql) => /SET LOCAL statement_timeout = 30000/.test(sql)).length >= reads.length);
});
