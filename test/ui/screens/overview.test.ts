import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { type QuickBounds, quickStatistics } from '../../../src/admin/log-statistics/quick-statistics.js';
import { openDatabase } from '../../../src/connection/open-database.js';
import { Counts } from '../../../src/ui/screens/overview/counts.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { type TestDatabase, testUrl, useTestDatabase } from '../../support/database.js';
import { htmlOf, uiOf } from '../../support/ui/ui-client.js';

const empty = useTestDatabase(test);
const filled = useTestDatabase(test, { partitions: 16 });
const ahead = useTestDatabase(test);
const large = useTestDatabase(test);
const few = useTestDatabase(test, { partitions: 4 });
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

test('where counting takes long, the number of events is an estimate, that of aggregates is counted up to a bound, and a link counts', async (t) => {
  await fillLog(large, { events: 60_000, aggregates: 20_000 });
  const counted = async (bounds: QuickBounds) => {
    const statistics = await quickStatistics(large, bounds);
    const html = htmlOf(Counts({ statistics }));
    t.true(html.includes('href="/?counts=exact"'));
    t.notRegex(html, /Longest aggregates/);
    return { statistics, text: html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ') };
  };
  const { statistics, text } = await counted({ events: 1000, pages: 60 });
  if ('longest' in statistics) return t.fail('counted');
  t.true(statistics.sampled < 12_000, `${statistics.sampled} events were read`);
  t.is(statistics.events.known, 'about');
  t.true(statistics.events.count > 40_000 && statistics.events.count < 90_000, `${statistics.events.count}`);
  t.regex(text, /events about \S+ \(estimated\) aggregates 10,000 or more snapshots 0 .*Events estimated from \d/);
  // One page of the table tells nothing of the others.
  t.regex((await counted({ events: 1000, pages: 1 })).text, /events 1,001 or more aggregates 10,000 or more /);
  // Where all pages are read, or a statement takes more than a millisecond of a small log, nothing is an estimate.
  for (const bounds of [{ events: 1000 }, { patience: 1 }])
    t.regex((await counted({ ...bounds, aggregates: 30_000 })).text, /events 60,000 aggregates 20,000 snapshots 0 /);
  t.regex((await uiOf(large).get('/?counts=exact')).text, /events 60.?000 aggregates 20.?000 .*Longest aggregates/);
});

test('a few aggregates with long histories, which began together, are counted as few, whatever the sample has', async (t) => {
  await fillLog(few, { events: 20_000, aggregates: 3 });
  for (const pages of [20, 40, 80]) {
    const statistics = await quickStatistics(few, { events: 1000, pages });
    t.deepEqual(statistics.aggregates, { count: 3, known: 'exactly' });
  }
});

/** Writes events in the order of their timestamps, the first ones of all aggregates before their second ones. */
async function fillLog(
  { knex, schema }: TestDatabase,
  { events, aggregates }: { readonly events: number; readonly aggregates: number },
): Promise<void> {
  await knex.raw(
    `INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(1000 + n), 12, '0') || repeat('0', 19) || '1', 'hex'), decode(lpad(to_hex(n % ?), 32, '0'), 'hex'), n / ? + 1, 'happened', '{}'
FROM generate_series(0, ? - 1) AS n`,
    [aggregates, aggregates, events],
  );
}

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
