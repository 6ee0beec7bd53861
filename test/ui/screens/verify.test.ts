import test from 'ava';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { openStream } from '../../support/ui/event-stream.js';
import { uiOf } from '../../support/ui/ui-client.js';
import { untilWaiting, whileLocked } from '../../support/ui/waiting.js';

const [sound, faulty, locked, busy] = Array.from({ length: 4 }, () => useTestDatabase(test)) as [
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
];

/** Removes an event from the log, as nothing but a mistake does. */
async function remove({ knex, schema }: TestDatabase, id: ReturnType<typeof anId>, sequence: number): Promise<void> {
  await knex.raw('DELETE FROM ??.event_log WHERE aggregate_id = ? AND sequence = ?', [schema, id.encode(), sequence]);
}

// Those that lock the table and count who waits for it run one after the other.
test.serial('the page only offers to verify, and asks the database nothing', async (t) => {
  await whileLocked(locked, async () => {
    const page = await uiOf(locked).get('/verify?since=2026-01-01');
    t.is(page.status, 200);
    t.true(page.html.includes('name="run" value="1"'));
    t.true(page.html.includes('value="2026-01-01"'));
    t.true(page.text.includes(`maestro verify --since 2026-01-01 --schema ${locked.schema}`));
    t.notRegex(page.text, /Begins|violation/);
  });
});

test('a sound log has no violation', async (t) => {
  const id = anId();
  await sound.store().commitEvents(aHistory(id, 3));

  const page = await uiOf(sound).get(`/verify?run=1&aggregate=${id.hex}`);
  const stream = await openStream(uiOf(sound), `/verify/stream?run=1&aggregate=${id.hex}`);

  t.regex(page.text, /No violation: checked 3 events of 1 aggregate, and 0 snapshots\./);
  const messages = await stream.rest();
  t.deepEqual(
    messages.map(({ name }) => name).filter((name) => name !== 'progress'),
    ['outcome'],
  );
  t.regex(messages.at(-1)?.data ?? '', /^<li class="outcome good">.*No violation/);
});

test('findings link to the place, and come as the page is made', async (t) => {
  const id = anId();
  const events = aHistory(id, 3);
  await faulty.store().commitEvents(events);
  await remove(faulty, id, 2);

  const page = await uiOf(faulty).get('/verify?run=1');
  const messages = await (await openStream(uiOf(faulty), '/verify/stream')).rest();

  t.is(page.status, 200);
  t.regex(page.text, /Cancel .*at 3: gap: event 2 is missing .*1 violation: checked 2 events of 1 aggregate/);
  t.true(page.links.includes(`/aggregate/${id.hex}?at=3`));
  t.true(page.links.includes('/verify'));
  t.regex(page.html, /<\/html>$/);
  const finding = messages.find(({ name }) => name === 'finding')?.data ?? '';
  t.true(finding.includes(`/aggregate/${id.hex}?at=3`));
  t.regex(messages.at(-1)?.data ?? '', /^<li class="outcome bad">/);
});

test('what is asked for in vain is told', async (t) => {
  const pages = uiOf(sound);
  t.regex((await pages.get(`/verify?run=1&aggregate=${anId().hex}`)).text, /There is no event and no snapshot of/);
});

test('what is wrong stands beside its field, on the page and in what the stream sends', async (t) => {
  const pages = uiOf(sound);
  const query = '?since=whenever&aggregate=ffff&run=1';
  const page = await pages.get(`/verify${query}`);
  t.is(page.status, 400);
  t.regex(page.html, /name="since" value="whenever"[^>]* aria-invalid="true"/);
  t.regex(page.text, /It is not a time\..*No aggregate has an id that begins with ffff\./);
  t.notRegex(page.text, /Begins/);
  const [refused, ...rest] = await (await openStream(pages, `/verify/stream${query}`)).rest();
  t.is(refused?.name, 'refused');
  t.regex(refused?.data ?? '', /^<form id="run-form".*No aggregate has an id that begins with ffff/);
  t.deepEqual(rest, []);
});

test('an aggregate is named by its first digits, too', async (t) => {
  const id = anId();
  await sound.store().commitEvents(aHistory(id, 2));
  const page = await uiOf(sound).get(`/verify?run=1&aggregate=${id.hex.slice(0, -1)}`);
  t.regex(page.text, /checked 2 events of 1 aggregate/);
});

test.serial('a run that is left ends its query, and no page begins one for its head alone', async (t) => {
  const pages = uiOf(locked);
  await locked.store().commitEvents([anEvent()]);
  await whileLocked(locked, async () => {
    t.is(await (await pages.request('/verify?run=1', { method: 'HEAD' })).text(), '');
    const stream = await openStream(pages, '/verify/stream');
    const page = await pages.request('/verify?run=1');
    await untilWaiting(locked, 2);
    await stream.leave();
    await untilWaiting(locked, 1);
    await page.body?.cancel();
    await untilWaiting(locked, 0);
  });
  t.pass();
});

test('a few run at the same time', async (t) => {
  const pages = uiOf(busy);
  await whileLocked(busy, async () => {
    const open = [await openStream(pages, '/verify/stream'), await openStream(pages, '/verify/stream')];
    const refused = await (await openStream(pages, '/verify/stream')).rest();
    t.regex(refused[0]?.data ?? '', /2 of these are under way already/);
    for (const stream of open) await stream.leave();
  });
});
