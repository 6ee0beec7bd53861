import { join } from 'node:path';
import test from 'ava';
import { openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { anEvent } from '../../support/data/factories.js';
import { useTemporaryFolder } from '../../support/database.js';
import { serving, visitServed } from '../../support/ui/serving.js';

const folder = useTemporaryFolder(test);
const dataDir = join(folder, 'data');
/** A search that looks for as long as an hour at the one event that there is. */
const SLOW = `/search?where=${encodeURIComponent(String.raw`$.text like_regex "^(a*)(a*)(a*)(a*)b\\1\\2\\3\\4b$"`)}`;

test.serial.before(async () => {
  const database = await openEmbedded(dataDir, { schema: 'public' });
  await migrate(database.knex);
  const text = `${'a'.repeat(800)}b${'a'.repeat(801)}b`;
  await database.store.commitEvents([anEvent(undefined, { body: { text } })]);
  await database.close();
});

test.serial('a search that takes long on the embedded database is cut off, and other pages are shown', async (t) => {
  const server = await serving({}, ['--data-dir', dataDir, '--timeout', '2']);
  const slow = visitServed(server.url, SLOW);
  const free = await visitServed(server.url, '/compare');
  const waiting = visitServed(server.url, '/');

  t.is(free.status, 200);
  const page = await slow;
  t.is(page.status, 504);
  t.regex(await page.text(), /The database stopped the statement: .*allow more time \(--timeout/s);
  let next = await waiting;
  // On a slow machine its own statements take as long as that.
  while (next.status === 504) next = await visitServed(server.url, '/');
  t.is(next.status, 200);
  t.regex(await next.text(), /<h1/);
  t.is(await server.end(), 130);
});

test.serial('a page that is left frees the embedded database, and Ctrl-C ends what it is at', async (t) => {
  // Without a limit.
  const server = await serving({}, ['--data-dir', dataDir, '--timeout', '0']);
  const left = new AbortController();
  const slow = visitServed(server.url, SLOW, left.signal).catch(() => 'left');
  let waiting = await visitServed(server.url, '/');
  // Until the search has the connection.
  while (waiting.status === 200) waiting = await visitServed(server.url, '/');
  t.is(waiting.status, 503);
  t.regex(await waiting.text(), /embedded database is in use by .* of this program; none became free/);
  left.abort();
  t.is(await slow, 'left');
  t.is((await visitServed(server.url, '/')).status, 200);

  const asked = t.throwsAsync(visitServed(server.url, SLOW));
  t.is((await visitServed(server.url, '/compare')).status, 200);
  t.is(await server.end(), 130);
  await asked;
  const database = await openEmbedded(dataDir, { schema: 'public', timeout: 0 });
  t.teardown(() => database.close());
  t.deepEqual((await database.knex.raw<{ rows: unknown[] }>('SELECT count(*)::integer AS n FROM event_log')).rows, [
    { n: 1 },
  ]);
});
