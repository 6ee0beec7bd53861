import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { addPathIndex } from '../../../src/store/migrate/log-index/change-index.js';
import { Results } from '../../../src/ui/screens/search/results.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { htmlOf, uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 4 });
const emptyLog = useTestDatabase(test);
const largeLog = useTestDatabase(test);
const ui = uiOf(database);

const BEGIN = Date.parse('2026-11-22T14:00:00.000Z');
const MINUTE = 60_000;
const HOSTILE = '<img src=x onerror=alert(1)>\u001b[2J\u202e';
const id = anId();
/** 120 events, one each minute: every third is a withdrawal. */
const events = Array.from({ length: 120 }, (_, index) =>
  anEvent(id, {
    timestamp: Timestamp.of({ time: BEGIN + index * MINUTE, nodeId: 7n }),
    sequence: index + 1,
    type: index % 3 === 0 ? 'withdrawn' : 'deposited',
    body: { amount: index, ...(index === 5 ? { note: HOSTILE } : {}) },
  }),
);

test.before(async () => {
  await database.store().commitEvents(events);
});

const found = (html: string) => [...html.matchAll(/href="\/event\/([^"]+)"/g)].map(([, name]) => name);
const names = (list: readonly { timestamp: Timestamp }[]) => list.map(({ timestamp }) => timestamp.toString());

test('the first page has the latest events, and a link leads through all of them', async (t) => {
  const seen: (string | undefined)[] = [];
  let address = '/search';
  const pages = [];
  do {
    const page = await ui.get(address);
    t.is(page.status, 200);
    pages.push(found(page.html).length);
    seen.push(...found(page.html));
    address = page.links.find((link) => link.includes('after=') && !link.includes('counts=')) ?? '';
  } while (address !== '');
  t.deepEqual(pages, [50, 50, 20]);
  t.deepEqual(seen, names(events.toReversed()));
});

test('types, a jsonpath, a text and times narrow the search, and the command does the same', async (t) => {
  const query = new URLSearchParams({ type: 'withdrawn', where: '$.amount > 30', order: 'earliest' });
  query.set('since', '2026-11-22T14:00:00.000Z');
  query.set('until', '2026-11-22T14:50:59.999Z');
  const page = await ui.get(`/search?${query.toString()}`);
  const expected = events.filter(({ type }, index) => type === 'withdrawn' && index > 30 && index <= 50);
  t.deepEqual(found(page.html), names(expected));
  t.true(
    page.text.includes(
      `maestro search --type withdrawn --since 2026-11-22T14:00:00.000Z --until 2026-11-22T14:50:59.999Z --where '$.amount > 30' --schema ${database.schema}`,
    ),
  );
  t.true(page.links.includes(`/aggregate/${id.hex}?at=34`));
  t.true(page.links.includes(`/aggregate/${id.hex}`));

  const text = await ui.get('/search?text=onerror');
  t.deepEqual(found(text.html), names([events[5] as (typeof events)[0]]));
  t.false(text.html.includes('<img'));
  t.false(text.html.includes('\u001b') || text.html.includes('\u202e'));
});

test('a relative time becomes an absolute one, and empty fields leave the address', async (t) => {
  const response = await ui.request('/search?type=&where=&since=2026-11-22+15:00%2B01&until=', { redirect: 'manual' });
  t.is(response.status, 302);
  t.is(response.headers.get('location'), '/search?since=2026-11-22T14%3A00%3A00.000Z');
});

test('what is wrong with a field is said next to it', async (t) => {
  const time = await ui.get('/search?since=soon&type=deposited');
  t.is(time.status, 400);
  t.regex(time.text, /It is not a time\. Write a time like/);
  t.regex(time.html, /<input[^>]*name="since"[^>]*value="soon"[^>]*aria-invalid="true"/);

  const order = await ui.get('/search?since=2026-11-22T15:00Z&until=2026-11-22T14:00Z');
  t.regex(order.text, /earlier than the beginning/);
  t.is((await ui.get('/search?after=nowhere')).status, 400);
  t.is((await ui.get('/search?text=a%00b')).status, 400);
  t.is((await ui.get('/search?type=a%00b')).status, 400);
});

test('a wrong jsonpath is explained, with the place where it goes wrong', async (t) => {
  const wrong = async (path: string) => {
    const page = await ui.get(`/search?where=${encodeURIComponent(path)}`);
    t.is(page.status, 400, path);
    return page;
  };
  const equals = await wrong('$.amount > 5 && $.owner > > 7');
  t.true(equals.html.includes('<mark>&gt;</mark>'), equals.html);
  t.regex(equals.text, /Not understood from character 27 on/);
  t.regex((await wrong('$.owner = "Ada"')).text, /Compare with ==/);
  t.regex((await wrong("$.owner == 'Ada'")).text, /double quotes/);
  t.regex((await wrong('$.amount >')).text, /It ends too early/);
  t.regex((await wrong('$.amount > $limit')).text, /could not find jsonpath variable/);
});

test('the numbers over time and by type stand in a part of their own, with links to narrow the search', async (t) => {
  const first = await ui.get('/search');
  t.regex(first.html, /<section id="counts" data-load="counts"/);
  t.true(first.links.includes('/search?counts=shown'));

  const part = await ui.get('/search?type=withdrawn&part=counts');
  t.true(part.html.startsWith('<section id="counts"'));
  t.regex(part.text, /deposited 80/);
  t.regex(part.text, /withdrawn 40/);
  const bars = [...part.html.matchAll(/<title [^>]*>([^<]*)<\/title>/g)].map(([, title]) => title);
  t.is(bars.length, 120);
  t.is(bars[0], '2026-11-22 14:00:00.000Z: 1 event');
  t.is(bars[1], '2026-11-22 14:01:00.000Z: 0 events');
  t.true(
    part.links.includes('/search?type=withdrawn&since=2026-11-22T14%3A03%3A00.000Z&until=2026-11-22T14%3A03%3A59.999Z'),
  );
  t.true(part.links.includes('/search') && part.links.includes('/search?type=withdrawn&type=deposited'));

  const whole = await ui.get('/search?counts=shown');
  t.regex(whole.text, /Events per 1 minute, 1 at most/);
  t.is(found((await ui.get('/search?part=results')).html).length, 50);
});

test('where nothing matches, links take the conditions away', async (t) => {
  const page = await ui.get('/search?type=never&until=2020-01-01T00%3A00%3A00.000Z&where=%24.a');
  t.is(page.status, 200);
  t.regex(page.text, /No event matches/);
  t.true(page.links.includes('/search?type=never&where=%24.a'));
  t.true(page.links.includes('/search?where=%24.a&until=2020-01-01T00%3A00%3A00.000Z'));

  const chart = await ui.get('/search?text=never&part=counts');
  t.regex(chart.text, /No event matches here/);
  t.notRegex(chart.text, /at most/);

  // On the last of several pages of which none has found anything, too; after one that has, these were all.
  const last = '/search?text=never&after=2026-11-22T14:00:00.000Z-0000-0000000000000007';
  t.regex((await ui.get(`${last}&found=none`)).text, /No event matches.*without the text/);
  t.regex((await ui.get(last)).text, /There are no more events/);
  const query = { types: [], text: 'never', order: 'latest' } as never;
  const results = { events: [], next: { timestamp: anId() }, isUnfinished: true, missing: undefined };
  const list = htmlOf(Results({ query, results, isFirst: true, isEmptyLog: false, similar: [] }));
  t.regex(list, /href="[^"]*&amp;found=none"/);
});

test('a type that no event has brings the nearest one', async (t) => {
  const page = await ui.get('/search?type=withdrawal&order=earliest');
  t.regex(page.text, /None has the type withdrawal: did you mean withdrawn\?/);
  t.true(page.links.includes('/search?type=withdrawn&order=earliest'));
  t.notRegex((await ui.get('/search?type=withdrawn&text=never')).text, /did you mean/);
});

test('an empty log says what to do', async (t) => {
  const page = await uiOf(emptyLog).get('/search?counts=shown');
  t.is(page.status, 200);
  t.regex(page.text, /The log has no events/);
});

test('on a large log a condition that no index helps with is told the command that makes one', async (t) => {
  const many = `UPDATE pg_class SET reltuples = 3e6, relpages = 1 WHERE oid = '"${largeLog.schema}".event_log'::regclass`;
  await largeLog.knex.raw(many);
  await largeLog.store().commitEvents([anEvent(anId(), { body: { customer: { id: 7 } } })]);
  const large = uiOf(largeLog);
  const address = `/search?${new URLSearchParams({ where: '$.customer.id == 7' }).toString()}`;
  const before = await large.get(address);
  t.is(found(before.html).length, 1);
  t.true(before.text.includes("maestro migrate index add --where '$.customer.id' makes one"), before.text);
  t.false(
    (await large.get(`/search?${new URLSearchParams({ where: '$.customer.id > 6' }).toString()}`)).text.includes(
      'index',
    ),
  );
  await addPathIndex(largeLog.knex, '$.customer.id', largeLog);
  // A build has counted the rows.
  await largeLog.knex.raw(many);
  const after = await large.get(address);
  t.is(found(after.html).length, 1);
  t.false(after.text.includes('index'));
});
