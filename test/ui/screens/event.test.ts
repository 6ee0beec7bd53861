import test from 'ava';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 16 });
const ui = uiOf(database, { label: 'production' });

test('an event is shown with its place, its clock, its neighbours and its body', async (t) => {
  const id = anId();
  const events = aHistory(id, 3);
  await database.store().commitEvents(events);
  const [first, second, third] = events.map(({ timestamp }) => timestamp.toString());

  const page = await ui.get(`/event/${second}`);

  t.is(page.status, 200);
  t.true(page.text.includes(`aggregate ${id.hex} Compare with another aggregate sequence 2`));
  t.true(page.text.includes(`timestamp ${second}`));
  t.true(page.links.includes(`/event/${first}`) && page.links.includes(`/event/${third}`));
  t.true(page.links.includes(`/aggregate/${id.hex}?at=2`) && page.links.includes(`/compare?id=${id.hex}#add`));
  t.true(page.text.includes(`maestro event ${second} --schema ${database.schema}`));
  t.true(page.text.includes('production'));
});

test('a timestamp without an event names the nearest', async (t) => {
  await database.store().commitEvents([anEvent()]);

  const page = await ui.get(`/event/${anId().hex}`);

  t.is(page.status, 404);
  t.regex(page.text, /There is no event with the timestamp .* The nearest (is|are): /);
  t.true(page.links.some((link) => /^\/event\/.*\?aggregate=/.test(link)));
});

test('the id of an aggregate that has no event of that timestamp leads to the aggregate', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 1));

  const page = await ui.get(`/event/${id.hex}`);

  t.is(page.status, 404);
  t.regex(page.text, /This is the id of an aggregate:/);
  t.true(page.links.includes(`/aggregate/${id.hex}`));
});

test('of events that share a timestamp one is chosen from a list, and its address names its aggregate', async (t) => {
  const pages = uiOf(partitioned);
  const { timestamp } = anEvent();
  const name = timestamp.toString();
  const address = ({ hex }: { readonly hex: string }) => `/event/${name}?aggregate=${hex}`;
  // The same timestamp is refused within a partition only.
  const ids = [];
  while (ids.length < 2) {
    const id = anId();
    const event = anEvent(id, { timestamp, type: `of ${ids.length}`, body: { n: ids.length } });
    if (
      await partitioned
        .store()
        .commitEvents([event])
        .then(
          ({ ok }) => ok,
          () => false,
        )
    )
      ids.push(id);
  }

  const list = await pages.get(`/event/${name}`);
  t.is(list.status, 200);
  t.regex(list.text, /2 events have the timestamp/);
  for (const [index, id] of ids.entries()) {
    t.true(list.links.includes(address(id)));
    const page = await pages.get(address(id));
    t.is(page.status, 200);
    t.regex(page.text, new RegExp(`type of ${index} `));
    t.true(page.text.includes(`maestro event ${id.hex} 1 --schema`));
    t.true(page.links.includes(address(ids[1 - index] as never)));
  }
  const none = await pages.get(address(anId()));
  t.is(none.status, 404);
  t.regex(none.text, /No event of .* has the timestamp .* These have:/);
  for (const id of ids) t.true(none.links.includes(address(id)));
  const found = await pages.get(`/find?q=${name}`);
  for (const id of ids) t.true(found.links.includes(address(id)));
  const noAggregate = await pages.get(`/aggregate/${timestamp.hex}`);
  t.is(noAggregate.status, 404);
  for (const id of ids) t.true(noAggregate.links.includes(`/aggregate/${id.hex}?at=1`));
});

test('what is no timestamp is told so, with its forms', async (t) => {
  const page = await ui.get('/event/yesterday');

  t.is(page.status, 400);
  t.regex(page.text, /yesterday/);
});
