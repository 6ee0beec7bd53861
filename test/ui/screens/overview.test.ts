import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { quickStatistics } from '../../../src/admin/log-statistics/quick-statistics.js';
import { openDatabase } from '../../../src/connection/open-database.js';
import { Counts } from '../../../src/ui/screens/overview/counts.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { testUrl, useTestDatabase } from '../../support/database.js';
import { htmlOf, uiOf } from '../../support/ui/ui-client.js';

const empty = useTestDatabase(test);
const filled = useTestDatabase(test, { partitions: 16 });
const ahead = useTestDatabase(test);
const large = useTestDatabase(test);
const bare = useTestDatabase(test, { migrated: false });

test('an empty log says what to do', async (t) => {
  const page = await uiOf(empty).get('/');

  t.is(page.status, 200);
  t.regex(page.text, /The log has no events\. Commit some/);
});

test.serial('the overview counts events, aggregates and types, and draws the days', async (t) => {
  const id = anId();
  await filled.store().commitEvents([...aHistory(id, 3), ...aHistory(anId(), 2)]);

  const page = await uiOf(filled).get('/');

  t.regex(page.html, /<title>[^<]*: 5 events<\/title>/);
  t.true(page.links.some((link) => /^\/search\?since=.*T00%3A00%3A00\.000Z&until=.*T23%3A59%3A59\.999Z$/.test(link)));
  t.true(page.links.some((link) => link.startsWith('/search?type=')));
  t.true(page.html.includes('data-load="findings"') && page.html.includes('data-load="counts"'));

  const counts = await uiOf(filled).get('/?part=counts');
  t.regex(counts.html, /^<section id="counts"/);
  t.regex(counts.text, /events 5 aggregates 2 snapshots 0/);
  t.true(counts.links.includes(`/aggregate/${id.hex}`));
  t.regex((await uiOf(filled).get('/?counts=shown')).text, /events 5 aggregates 2/);
});

test('the findings of doctor are a part of their own, and a link without script', async (t) => {
  const part = await uiOf(filled).get('/?part=findings');
  const page = await uiOf(filled).get('/?findings=shown');

  t.regex(part.html, /^<section id="findings"/);
  t.regex(part.text, /tables|rights/);
  t.false(page.html.includes('data-load="findings"'));
  t.true(page.html.includes('class="findings"'));
});

test('an event that a wrong clock has put far ahead hides neither the days until today nor itself', async (t) => {
  const id = anId();
  await ahead.store().commitEvents([anEvent(id), anEvent(id, { sequence: 2, timestamp: LAST_OF_ALL })]);

  const page = await uiOf(ahead).get('/');

  t.is(page.status, 200);
  t.regex(page.html, /<title>[^<]*: 1 event<\/title>/);
  t.regex(page.text, /a time that is still to come: a clock was wrong\. The days end with today/);
  const since = page.links.find((link) => /^\/search\?since=[^&]*$/.test(link)) ?? '';
  t.true((await uiOf(ahead).get(since)).links.includes(`/event/${LAST_OF_ALL.hex}`));
});

test('where counting takes long, the numbers are estimates, and a link counts', async (t) => {
  const { knex, schema } = large;
  await knex.raw(`INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(1000 + n), 12, '0') || repeat('0', 19) || '1', 'hex'), decode(lpad(to_hex(n / 3), 32, '0'), 'hex'), n % 3 + 1, 'happened', '{}'
FROM generate_series(0, 59999) AS n`);
  // There are more events, or a statement takes more than a millisecond.
  for (const bounds of [{ events: 59_999 }, { patience: 1 }]) {
    const html = htmlOf(Counts({ statistics: await quickStatistics(large, bounds) }));
    t.regex(html, /about 60.?000 \(estimated\).*about 20.?000 \(estimated\).*Estimated from 60.?000 events at random/s);
    t.true(html.includes('href="/?counts=exact"'));
    t.notRegex(html, /Longest aggregates/);
  }
  t.regex((await uiOf(large).get('/?counts=exact')).text, /events 60.?000 aggregates 20.?000 .*Longest aggregates/);
});

test('a database that was not migrated shows the findings, and the command that makes the tables', async (t) => {
  const page = await uiOf(bare).get('/');

  t.is(page.status, 200);
  t.regex(page.text, /There is no event log in schema .* yet\./);
  t.true(page.text.includes(`maestro migrate --schema ${bare.schema}`));
  t.regex(page.text, /Did you mean another schema\? There is an event log in test_/);
  t.regex(page.html, /<section id="findings".*class="failure".*<strong>tables<\/strong>/s);
  t.true(page.html.includes('<code>maestro migrate</code>') && !page.html.includes('`'));
  t.is((await uiOf(bare).get('/search')).status, 503);
});

test('the findings tell whether the session of the pages could write', async (t) => {
  const { schema } = filled;
  const text = async (database: Parameters<typeof uiOf>[0]) => (await uiOf(database).get('/?part=findings')).text;
  t.regex(await text(filled), /session the session of these pages could write.*readOnly: true/);
  for (const pooler of [undefined, 'transaction'] as const) {
    const reading = await openDatabase({ url: testUrl(), schema, readOnly: true, ...(pooler && { pooler }) });
    t.regex(await text(reading), /session cannot write/);
    await reading.close();
  }
});

/** The latest timestamp that there is. */
const LAST_OF_ALL = Timestamp.fromHex('f'.repeat(32));
