import test from 'ava';
import { aHistory, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const empty = useTestDatabase(test);
const filled = useTestDatabase(test, { partitions: 16 });

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
