import test from 'ava';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database, { label: 'production' });

test('an event is shown with its place, its clock, its neighbours and its body', async (t) => {
  const id = anId();
  const events = aHistory(id, 3);
  await database.store().commitEvents(events);
  const [first, second, third] = events.map(({ timestamp }) => timestamp.toString());

  const page = await ui.get(`/event/${second}`);

  t.is(page.status, 200);
  t.true(page.text.includes(`aggregate ${id.hex} sequence 2`));
  t.true(page.text.includes(`timestamp ${second}`));
  t.true(page.links.includes(`/event/${first}`) && page.links.includes(`/event/${third}`));
  t.true(page.links.includes(`/aggregate/${id.hex}?at=2`));
  t.true(page.text.includes(`maestro event ${second} --schema ${database.schema}`));
  t.true(page.text.includes('production'));
});

test('a timestamp without an event names the nearest', async (t) => {
  await database.store().commitEvents([anEvent()]);

  const page = await ui.get(`/event/${anId().hex}`);

  t.is(page.status, 404);
  t.regex(page.text, /There is no event with the timestamp .* The nearest (is|are) /);
});

test('what is no timestamp is told so, with its forms', async (t) => {
  const page = await ui.get('/event/yesterday');

  t.is(page.status, 400);
  t.regex(page.text, /yesterday/);
});
