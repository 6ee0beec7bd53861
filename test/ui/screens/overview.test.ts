import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const empty = useTestDatabase(test);
const filled = useTestDatabase(test, { partitions: 16 });
const ahead = useTestDatabase(test);

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

/** The latest timestamp that there is. */
const LAST_OF_ALL = Timestamp.fromHex('f'.repeat(32));
