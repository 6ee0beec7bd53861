import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { findCandidates } from '../../../src/ui/screens/find/find-candidates.js';
import { Candidates } from '../../../src/ui/screens/find/find-views.js';
import { anEvent } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { htmlOf, uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database, { base: '/admin' });

/** Two ids that begin alike, and the events of each. */
const TIME = Date.parse('2026-11-22T14:34:05.250Z');
const [ada, bob] = [1n, 2n].map((nodeId) => Timestamp.of({ time: TIME, nodeId })) as [Timestamp, Timestamp];
const at = (milliseconds: number, sequence: number, id: Timestamp) =>
  anEvent(id, { timestamp: Timestamp.of({ time: TIME + milliseconds, nodeId: 9n }), sequence, type: 'deposited' });
const events = [at(1000, 1, ada), at(2000, 2, ada), at(3000, 1, bob)] as const;

test.before(async () => {
  await database.store().commitEvents(events);
});

/** The address to which the box leads for a text; the page itself where it leads nowhere. */
async function find(text: string): Promise<string> {
  const response = await ui.request(`/admin/find?q=${encodeURIComponent(text)}`, { redirect: 'manual' });
  return response.headers.get('location') ?? `${response.status}`;
}

test('an id in any form leads to its aggregate', async (t) => {
  const uuid = ada.hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  for (const text of [ada.hex, ada.toString(), `\\x${ada.hex}`, uuid, uuid.toUpperCase(), ` ${ada.hex}\n`])
    t.is(await find(text), `/admin/aggregate/${ada.hex}`, text);
  t.is(await find(`${bob.hex.slice(0, -1)}2`), `/admin/aggregate/${bob.hex}`);
});

test('a timestamp, or its first digits, leads to its event', async (t) => {
  const { timestamp } = events[1];
  for (const text of [
    timestamp.hex,
    timestamp.toString(),
    timestamp.hex.slice(0, 14),
    `${timestamp.hex.slice(0, 12)}…`,
  ])
    t.is(await find(text), `/admin/event/${timestamp.toString()}`, text);
});

test('an id and a sequence lead to the event', async (t) => {
  for (const text of [`${ada.hex} 2`, `${ada.toString()}#2`, `${ada.hex.slice(0, 20)} 2`, `${ada.hex}@2`])
    t.is(await find(text), `/admin/event/${events[1].timestamp.toString()}`, text);
  const absent = await ui.get(`/admin/find?q=${ada.hex} 999`);
  t.is(absent.status, 404);
  t.regex(absent.text, /has no event 999\. Its last one is 2 deposited\./);
  t.true(absent.links.includes(`/admin/aggregate/${ada.hex}`));
  t.true(absent.links.includes(`/admin/event/${events[1].timestamp.toString()}`));
  t.regex((await ui.get('/admin/find?q=ffff0000 3')).text, /whose id begins with ffff0000/);
});

test('any other text is searched at once: by type, by jsonpath, or by the text', async (t) => {
  t.is(await find('deposited'), '/admin/search?type=deposited');
  t.is(await find('$.amount > 100'), '/admin/search?where=%24.amount+%3E+100');
  for (const text of ['Jean', 'deposit', '$100', 'facade', 'INV-2026-001', 'x'.repeat(5000)])
    t.is(await find(text), `/admin/search?text=${text.replace('$', '%24')}`, text);
});

test('of a time of today that is still to come, yesterday is offered, too', async (t) => {
  const now = new Date(2026, 10, 22, 11, 20).getTime();
  for (const text of ['14:00', 'today 14:00']) {
    const found = await findCandidates(database, text, now);
    const html = htmlOf(Candidates({ text, found }));
    t.regex(html, /which is still to come/);
    for (const [day, isToCome] of [
      [21, false],
      [22, true],
    ] as const) {
      const first = new Date(2026, 10, day, 14).getTime();
      t.true(
        found.candidates.some(
          (each) => each.kind === 'time' && each.span.first === first && each.isToCome === isToCome,
        ),
      );
    }
  }
  t.is((await findCandidates(database, '11:00', now)).candidates.length, 1);
});

test('a time leads to the events around it, a day to its events', async (t) => {
  const around = '/admin/search?since=2026-11-22T14%3A29%3A05.000Z&until=2026-11-22T14%3A39%3A05.999Z';
  for (const text of ['2026-11-22 14:34:05Z', '2026-11-22T15:34:05+01:00']) t.is(await find(text), around, text);
  t.regex(await find('2026-11-22'), /^\/admin\/search\?since=2026-11-2\d.*&until=2026-11-2\d/);
  t.regex(await find(String(TIME).slice(0, 10)), /since=2026-11-22T14%3A29/);
  t.regex(await find('yesterday'), /^\/admin\/search\?since=/);
});

test('what can stand for several is a list with a link to each', async (t) => {
  const page = await ui.get(`/admin/find?q=${ada.hex.slice(0, 7)}`);
  t.is(page.status, 200);
  const addresses = [`/aggregate/${ada.hex}`, `/aggregate/${bob.hex}`, `/event/${events[2].timestamp.toString()}`];
  for (const address of addresses) t.true(page.links.includes(`/admin${address}`), address);
  t.true(page.text.includes('last event 2 deposited'));
});

test('where nothing is found, it says what was tried, and where to look', async (t) => {
  const unknown = await ui.get('/admin/find?q=ffff0');
  t.is(unknown.status, 404);
  t.true(unknown.text.includes('the first digits of the id of an aggregate (ffff0)'));
  t.regex(unknown.html, /<a href="\/admin\/search\?text=ffff0" autofocus="">Search the types and bodies/);
  t.regex(unknown.html, /type="search" name="q" value="ffff0"/);
  t.false(unknown.html.includes('class="error"'));
  t.notRegex(unknown.text, /Write a time like/);
  t.regex(
    (await ui.get('/admin/find?q=2026-13-22')).text,
    /Nothing is found when it is read as a time\..*There is no such date/,
  );

  const near = Timestamp.of({ time: TIME + 2500, nodeId: 5n });
  const missing = await ui.get(`/admin/find?q=${near.toString()}`);
  t.is(missing.status, 404);
  for (const { timestamp } of [events[1], events[2]])
    t.true(missing.links.includes(`/admin/event/${timestamp.toString()}`));
  t.true(missing.links.some((link) => link.startsWith('/admin/search?since=')));
});

test('an empty box says what can be written into it, and hostile text stays text', async (t) => {
  t.regex((await ui.get('/admin/find?q=')).text, /id of an aggregate or the timestamp of an event/);
  t.is((await ui.get('/admin/find')).status, 200);
  const hostile = '<script>alert(1)</script>\u001b[2J\u202e"\'';
  const page = await ui.get(`/admin/find?q=${encodeURIComponent('2026-13-22<script>alert\u001b\u202e"')}`);
  t.is(page.status, 404);
  t.false(page.html.includes('<script>alert'));
  t.false(page.html.includes('\u001b') || page.html.includes('\u202e'));
  t.is(await find(hostile), `/admin/search?${new URLSearchParams({ text: hostile }).toString()}`);
  t.is(await find('a\0b'), '/admin/search?text=a%00b');
});
