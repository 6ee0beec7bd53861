import test, { type ExecutionContext } from 'ava';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { type TestDatabase, testKnex, testUrl, useTestDatabase } from '../../support/database.js';
import { startFaultProxy } from '../../support/servers/fault-proxy.js';
import { openStream } from '../../support/ui/event-stream.js';
import { type UiClient, uiOf } from '../../support/ui/ui-client.js';
import { untilWaiting, whileLocked } from '../../support/ui/waiting.js';

const database = useTestDatabase(test);
const ui = uiOf(database);
const [empty, cut, away, full, left] = Array.from({ length: 5 }, () => useTestDatabase(test)) as [
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
];
const SILENT = { debug() {}, deprecate() {}, error() {}, warn() {} };

/** The pages of a database on connections of their own. */
function uiOn(t: ExecutionContext, { schema }: TestDatabase, url: string): UiClient {
  const knex = testKnex({ connection: url, log: SILENT });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema });
  return uiOf({ knex, schema, store, embedded: false, location: 'postgres://localhost/test' });
}

test('without script, the page shows the latest events, the newest first, with their places and a link to refresh', async (t) => {
  const id = anId();
  const events = aHistory(id, 3);
  await database.store().commitEvents(events);

  const { type } = events[0] as (typeof events)[0];
  const unknown = await ui.get(`/live?aggregate=${id.hex}&type=${type}x`);
  t.true(unknown.text.includes(`None has the type ${type}x so far: did you mean ${type}?`), unknown.text);
  t.true(unknown.links.includes(`/live?type=${type}&aggregate=${id.hex}`));
  const page = await ui.get(`/live?aggregate=${id.hex}`);

  t.is(page.status, 200);
  const shown = page.links.filter((link) => link.startsWith('/event/'));
  t.deepEqual(shown, events.map(({ timestamp }) => `/event/${timestamp.toString()}`).toReversed());
  t.true(page.links.includes(`/aggregate/${id.hex}?at=3`));
  t.true(page.links.includes(`/live?aggregate=${id.hex}`));
  t.regex(page.text, /The last events as of \d{4}/);
  t.true(page.text.includes(`maestro tail --follow ${id.hex} --schema ${database.schema}`));
  t.true(page.html.includes(`data-stream="/live/stream?aggregate=${id.hex}"`));
});

test('an empty log says what will appear, and an embedded database that no other process can commit', async (t) => {
  const page = await uiOf(empty).get('/live');
  t.regex(page.text, /The log has no events yet/);
  t.notRegex(page.text, /one process at a time/);
  const held = { ...empty, store: empty.store(), embedded: true, location: '.maestro' };
  t.regex((await uiOf(held).get('/live')).text, /used by one process at a time: .* no other can commit events/);
});

test('a paused page has that in its address, and says it', async (t) => {
  const page = await ui.get('/live?paused=yes&type=nothing');
  t.regex(page.text, /Paused\..* No event fits/);
  t.true(page.html.includes('data-paused="yes"'));
});

test('what is no id is told so', async (t) => {
  const page = await ui.get('/live?aggregate=nobody');
  t.is(page.status, 400);
  t.regex(page.text, /nobody/);
});

test('a stream begins with the last events, and then has every new one that fits the filter', async (t) => {
  const id = anId();
  const other = anId();
  const [first, second, third] = aHistory(id, 3).map((event, index) => ({
    ...event,
    type: index === 1 ? 'odd' : 'even',
  }));
  await database.store().commitEvents([first as never]);
  const stream = await openStream(ui, `/live/stream?aggregate=${id.hex}&type=even&type=none`);
  t.is(stream.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');

  const last = await stream.next('last');
  t.true(last.data.includes(`/event/${first?.timestamp.toString()}`));
  t.regex((await stream.next('status')).data, /new events appear by themselves/);
  await database.store().commitEvents([second, third, anEvent(other, { type: 'even' })] as never[]);

  const { data } = await stream.next('event');
  t.true(data.includes(`/event/${third?.timestamp.toString()}`));
  t.regex(data, /^<tr>.*<\/tr>$/s);
  await stream.leave();
});

test('stored text is text, in the page and in the stream', async (t) => {
  const id = anId();
  const type = '<script>alert(1)</script> event: last\u202e';
  const hostile = (sequence: number) =>
    anEvent(id, { sequence, type, body: { '</td>': '<img src=x onerror=alert(1)>\r\n\r\ndata: x\u2028' } });
  await database.store().commitEvents([hostile(1)]);
  const stream = await openStream(ui, `/live/stream?aggregate=${id.hex}`);

  const shown = [(await ui.get(`/live?aggregate=${id.hex}`)).html, (await stream.next('last')).data];
  await database.store().commitEvents([hostile(2)]);
  shown.push((await stream.next('event')).data);
  await stream.leave();

  for (const html of shown) {
    t.true(html.includes('&lt;script&gt;alert(1)&lt;/script&gt; event: last\\u202e'));
    t.notRegex(html, /<img|<script>|\u202e|\u2028/);
  }
});

test('a stream goes on when the database ends its connections', async (t) => {
  const name = `live_${cut.schema}`;
  const there = uiOn(t, cut, `${testUrl()}?application_name=${name}`);
  const stream = await openStream(there, '/live/stream');
  await stream.next('status');
  const id = anId();
  for (const event of aHistory(id, 3)) {
    const ended = await cut.knex.raw<{ rows: unknown[] }>(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?',
      [name],
    );
    t.true(ended.rows.length > 0);
    await cut.store().commitEvents([event]);

    const { data } = await stream.next('event');
    t.true(data.includes(`/event/${event.timestamp.toString()}`));
  }
  await stream.leave();
});

test('a stream tells that the database is lost and that it is back, and then has what was committed meanwhile', async (t) => {
  const url = new URL(testUrl());
  const proxy = await startFaultProxy(Number(url.port));
  t.teardown(() => proxy.close());
  url.port = String(proxy.port);
  const stream = await openStream(uiOn(t, away, url.href), '/live/stream');
  await stream.next('status');

  proxy.breakAt('event_log', 'request', { forGood: true });
  const lost = await stream.next('status');
  t.regex(lost.data, /class="live-state lost".* Trying again until it is back\./);
  // A page that is opened now has what by script tries again, too.
  const opened = await uiOn(t, away, url.href).get('/live?type=heard');
  t.is(opened.status, 503);
  t.true(opened.html.includes('data-stream="/live/stream?type=heard"'));
  t.regex(opened.html, /class="live-state lost"/);
  t.regex(opened.html, /<a href="\/live\?type=heard" id="live-refresh">Try again/);
  const event = anEvent();
  await away.store().commitEvents([event]);
  proxy.mend();

  t.regex((await stream.next('status')).data, /class="live-state live"/);
  t.true((await stream.next('event')).data.includes(`/event/${event.timestamp.toString()}`));
  await stream.leave();
});

test('of several open pages a few have streams, and one that is left makes room', async (t) => {
  const there = uiOf(full, { livePages: 2 });
  const open = [];
  for (let page = 0; page < 2; page += 1) open.push(await openStream(there, '/live/stream'));
  for (const stream of open) await stream.next('status');

  const refused = await (await openStream(there, '/live/stream')).rest();
  t.deepEqual(
    refused.map(({ name }) => name),
    ['ended'],
  );
  t.regex(refused[0]?.data ?? '', /New events are shown in 2 pages already, .*Close one of them and go on here/);

  await open[0]?.leave();
  let next = await openStream(there, '/live/stream');
  // The one that was left ends as soon as its look at the log has, for which the process must be free.
  for (let { name } = await next.next(); name === 'ended'; { name } = await next.next()) {
    await full.knex.raw('SELECT');
    next = await openStream(there, '/live/stream');
  }
  for (const stream of [...open.slice(1), next]) await stream.leave();
});

test('a stream that is left has its query cancelled at once, by its reader or by its request', async (t) => {
  const there = uiOf(left);
  const controller = new AbortController();
  await whileLocked(left, async () => {
    const stream = await openStream(there, '/live/stream');
    const aborted = there.request('/live/stream', { signal: controller.signal });
    await untilWaiting(left, 2);
    await stream.leave();
    await untilWaiting(left, 1);
    controller.abort();
    await untilWaiting(left, 0);
    await aborted.then((response) => response.body?.cancel()).catch(() => {});
  });
  t.pass();
});
