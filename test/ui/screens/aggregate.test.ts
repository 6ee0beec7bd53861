import test from 'ava';
import { defineAggregate } from '../../../src/index.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { aHistoryOf } from '../../support/data/histories.js';
import { LedgerAccount } from '../../support/ui/ledger-account.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 16 });
const store = database.store();
const merged = uiOf(database);
const folded = uiOf(database, { aggregates: [LedgerAccount] });

const LEDGER = [
  { type: 'opened', body: { name: 'Ada' } },
  { type: 'deposited', body: { amount: 5 } },
  { type: 'broken', body: {} },
  { type: 'deposited', body: { amount: 7 } },
];

test('the page begins with the last event, the state after it, and what it changed', async (t) => {
  const id = await aHistoryOf(store, [{ body: { a: 1, b: 2 } }, { type: 'changed', body: { a: 5, b: null } }]);

  const page = await merged.get(`/aggregate/${id.hex}`);

  t.is(page.status, 200);
  t.regex(page.text, /event 2 of 2/);
  t.regex(page.text, /2 changes by this event.*Difference \/b 2 absent \/a 1 5 \+4 /);
  t.regex(page.text, /1 happened a 1, b 2 \S+ \S+ 2 changed a 5, b null /);
  t.regex(page.text, /~ "a": 5 was 1/);
  t.regex(page.text, /- "b": 2/);
  t.true(page.links.includes(`/aggregate/${id.hex}?at=1`) && page.links.includes(`/aggregate/${id.hex}?at=0`));
  t.true(page.text.includes(`maestro step ${id.hex} --from 2 --schema ${database.schema}`));
  t.true(page.text.includes(`maestro replay ${id.hex} --max 2 --schema ${database.schema}`));
  t.regex(page.text, /no aggregate is configured, so the bodies were merged.*maestro ui --config maestro\.config\.ts/);
  t.notRegex((await folded.get(`/aggregate/${id.hex}`)).text, /--config/);
  t.notRegex(page.text, /stop these pages first/);
});

test('where the pages hold the database, each command says to stop them first', async (t) => {
  const id = await aHistoryOf(store, [{}]);
  const held = uiOf({ ...database, store, embedded: true, location: '.maestro/data' });

  t.is(
    (await held.get(`/aggregate/${id.hex}`)).text.split(
      /stop these pages first: the embedded database is used by one process/,
    ).length,
    3,
  );
});

test('a part of the page is the point alone, which the slider swaps', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }, { body: { n: 2 } }, { body: { n: 3 } }]);

  const part = await merged.get(`/aggregate/${id.hex}?at=2&part=moment`);

  t.regex(part.html, /^<section id="moment"[^>]* data-sequence="2" data-value="2" data-max="3"/);
  t.regex(part.text, /~ "n": 2 was 1/);
  t.false(part.links.some((link) => link.includes('part=')));
});

test('handlers fold, render, and are stepped over and marked when they fail', async (t) => {
  const id = await aHistoryOf(store, LEDGER);

  const page = await folded.get(`/aggregate/${id.hex}`);
  const broken = await folded.get(`/aggregate/${id.hex}?at=3`);

  t.regex(page.text, /folded by the handlers of ledger-account/);
  t.regex(page.text, /~ "balance": 12 was 5/);
  t.regex(page.text, /As its definition renders it .*Ada has.*~ 12 in all/);
  t.regex(page.text, /1 failing handler/);
  t.regex(page.text, /3 broken \S+ \S+ handler fails/);
  t.is(broken.status, 200);
  t.regex(broken.text, /the ledger is upside down.*The event was stepped over/);
  t.regex(broken.text, /Nothing changed by this event/);
  t.regex(page.text, /State after event 4 Without event 3, whose handler fails\./);
  t.notRegex((await folded.get(`/aggregate/${id.hex}?at=2`)).text, /Without event/);
});

test('the point before the first event has the initial state', async (t) => {
  const id = await aHistoryOf(store, LEDGER);

  const page = await folded.get(`/aggregate/${id.hex}?at=0`);

  t.regex(page.text, /State before the first event/);
  t.regex(page.text, /"balance": 0/);
  t.false(page.text.includes('‹ Previous') && page.links.includes(`/aggregate/${id.hex}?at=-1`));
});

test('events that are missing are marked, in the list, on the track and at the event behind them', async (t) => {
  const id = await aHistoryOf(store, [{ sequence: 1 }, { sequence: 2 }, { sequence: 6 }]);

  const page = await merged.get(`/aggregate/${id.hex}`);
  const missing = await merged.get(`/aggregate/${id.hex}?at=4`);

  t.regex(page.text, /1 gap/);
  t.regex(page.html, /<li class="gap">events 3 to 5 are missing<\/li>/);
  t.regex(page.html, /<rect class="gap"[^>]*><title>events 3 to 5 are missing/);
  t.regex(page.text, /Before it, events 3 to 5 are missing\./);
  t.regex(missing.text, /There is no event 4; 2 is the last one before it\./);
});

test('no event is missing at the beginning of what was read of a complete history, and one before that is', async (t) => {
  const complete = await aHistoryOf(
    store,
    Array.from({ length: 450 }, () => ({})),
  );
  const cut = await aHistoryOf(
    store,
    Array.from({ length: 450 }, (_, index) => ({ sequence: index + 51 })),
  );

  for (const at of [400, 221, 200, 21]) {
    const { text } = await merged.get(`/aggregate/${complete.hex}?at=${at}`);
    t.false(text.includes('missing'), `at ${at}`);
    t.is(text.includes('0 before the first event'), at === 21, `at ${at}`);
  }
  t.false((await merged.get(`/aggregate/${cut.hex}?at=271`)).text.includes('0 before the first event'));
  for (const at of [450, 250, 71]) await merged.get(`/aggregate/${cut.hex}?at=${at}`);
  t.regex(
    (await merged.get(`/aggregate/${cut.hex}?at=71`)).text,
    /0 before the first event events 1 to 50 are missing/,
  );
});

test('sequences far from 1 are counted as the few events that they are', async (t) => {
  const id = await aHistoryOf(
    store,
    [1_000_000, 1_000_001, 1_000_002].map((sequence) => ({ sequence, body: { n: sequence } })),
  );

  const page = await uiOf(database).get(`/aggregate/${id.hex}?by=time`);

  t.regex(page.text, /~ "n": 1000002 was 1000001/);
  t.notRegex(page.html, /Infinity|NaN/);
});

test('clocks that ran backwards and the snapshot are marked', async (t) => {
  const { nodeId } = anId();
  const at = (time: number) => Timestamp.of({ time, nodeId });
  const id = await aHistoryOf(store, [{ timestamp: at(3000) }, { timestamp: at(1000) }, { timestamp: at(4000) }]);
  await store.commitSnapshot({ aggregateId: id, sequence: 2, body: { note: 'as it was' } });

  const page = await merged.get(`/aggregate/${id.hex}?at=2`);

  t.regex(page.text, /1 inverted clock, 1 snapshot/);
  t.regex(page.html, /<rect class="clock"/);
  t.regex(page.html, /<rect class="snapshot"/);
  t.regex(page.text, /Its timestamp is earlier than that of event 1/);
  t.regex(page.html, /badge clock.*badge snapshot/);
});

test('a time leads to the last event before the first one that is later; the slider can go by time', async (t) => {
  const { nodeId } = anId();
  const at = (time: number) => Timestamp.of({ time, nodeId });
  const start = Date.UTC(2026, 0, 5);
  const id = await aHistoryOf(
    store,
    [0, 1000, 9000].map((after) => ({ timestamp: at(start + after) })),
  );

  const page = await merged.get(`/aggregate/${id.hex}?time=2026-01-05T00:00:04.000Z`);
  const first = await merged.get(`/aggregate/${id.hex}?time=2025-01-05T00:00:04.000Z`);
  const slid = await merged.get(`/aggregate/${id.hex}?by=time&time=${new Date(start + 1000).toISOString()}`);

  t.regex(page.text, /event 2 of 3/);
  t.regex(
    page.text,
    /As of 2026-01-05 00:00:04\.000Z: event 2 is the last one until then\. The next, event 3, is 5 seconds later\./,
  );
  t.true(page.links.includes(`/aggregate/${id.hex}?at=3`));
  t.regex(first.text, /no event is as early\. The next, event 1, is 364\.9 days later\./);
  t.regex(slid.html, new RegExp(`name="time" min="${start}" max="${start + 9000}" step="1" value="${start + 1000}"`));
  t.regex(slid.html, /<rect class="tick"/);
});

test('a relative time becomes the absolute one that it was, also in the field that takes a sequence or a time', async (t) => {
  const id = await aHistoryOf(store, [{}, {}]);
  const leads = async (query: string) =>
    (await merged.request(`/aggregate/${id.hex}?${query}`)).headers.get('location') ?? '';

  t.regex(await leads('time=yesterday+14:34&pin=1'), /\?time=20\d\d-\d\d-\d\dT\d\d%3A34%3A00\.000Z&pin=1$/);
  t.regex(await leads('at=2026-01-05+00:00Z&from=1'), /\?time=2026-01-05T00%3A00%3A00\.000Z$/);
  t.true((await leads('at=1&from=2')).endsWith(`${id.hex}?at=1`));
  t.true((await leads('at=&from=2')).endsWith(`${id.hex}?at=2`));
  t.true((await leads('at=last&from=1')).endsWith(id.hex));
});

test('what is wrong stands beside the field with what was typed, and the point stays', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }, { body: { n: 2 } }]);

  const point = await merged.get(`/aggregate/${id.hex}?at=teatime&from=1`);
  const path = await merged.get(`/aggregate/${id.hex}?at=1&path=balance`);
  const time = await merged.get(`/aggregate/${id.hex}?time=teatime`);
  const number = await merged.get(`/aggregate/${id.hex}?at=41414`);

  t.deepEqual([point.status, path.status, time.status, number.status], [400, 400, 400, 200]);
  for (const { text } of [point, path]) t.regex(text, /event 1 of 2/);
  t.regex(point.html, /id="jump" name="at" value="teatime"[^>]* aria-invalid="true"/);
  t.regex(point.text, /Event or time \S+ \(UTC\S*\), or write a zone"teatime" is not a sequence or a time/);
  t.regex(path.html, /name="path" value="balance"[^>]* aria-invalid="true"/);
  t.regex(path.text, /"balance" is no path into a state\. Write a JSON Pointer/);
  t.regex(time.text, /"teatime" is not a sequence or a time.*event 2 of 2Next/);
  t.is((await merged.get(`/aggregate/${id.hex}?at=teatime&part=moment`)).status, 400);
});

test('a pinned point is what the state is compared with', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }, { body: { n: 2, x: 1 } }, { body: { n: 3 } }]);

  const page = await merged.get(`/aggregate/${id.hex}?at=3&pin=1`);

  t.regex(page.text, /2 changes since event 1/);
  t.regex(page.text, /~ "n": 3 was 1/);
  t.regex(page.text, /\+ "x": 1/);
  t.true(page.text.includes(`maestro diff ${id.hex} 1 3 --schema ${database.schema}`));
  t.true(page.links.includes(`/aggregate/${id.hex}?at=2&pin=1`));
  t.true(page.links.includes(`/aggregate/${id.hex}?at=1&pin=3`));
  const back = await merged.get(`/aggregate/${id.hex}?at=1&pin=3`);
  t.regex(back.text, /2 changes compared with event 3, which is later .*Path At 1 At 3 Difference .*\/n 1 3 \+2 /);
  t.regex(back.text, /~ "n": 1 later 3/);
  t.regex(back.text, /\+ "x": 1/);
  t.true(back.text.includes(`maestro diff ${id.hex} 1 3 --schema ${database.schema}`));
  const missing = await merged.get(`/aggregate/${id.hex}?at=2&pin=999`);
  t.regex(missing.text, /Unpin 3.*There is no event 999; 3 is the last one before it\./);
  t.false(missing.links.some((link) => link.includes('999')));
});

test('a point to compare with can be written as the last event or a time, which becomes the sequence that it was', async (t) => {
  const start = Date.UTC(2026, 0, 5);
  const at = (time: number) => Timestamp.of({ time, nodeId: 7n });
  const id = await aHistoryOf(
    store,
    [0, 1000, 9000].map((after) => ({ timestamp: at(start + after) })),
  );
  const leads = async (pin: string) => {
    const response = await merged.request(`/aggregate/${id.hex}?at=1&pin=${encodeURIComponent(pin)}`);
    return (response.headers.get('location') ?? '').replace(/.*\?/, '');
  };

  t.is(await leads('last'), 'at=1&pin=3');
  t.is(await leads('2026-01-05T00:00:04Z'), 'at=1&pin=2');
  t.is(await leads(at(start + 1000).toString()), 'at=1&pin=2');
  t.is(await leads('2025-01-05'), 'at=1&pin=0');
  t.regex((await merged.get(`/aggregate/${id.hex}?at=1&pin=last&part=moment`)).text, /Unpin 3/);
});

test('a wrong point to compare with is left out, and said so beside the field, or in the part; the point is shown', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }, { body: { n: 2 } }]);

  for (const [wrong, why] of [
    ['teatime', /Compare with \S+ \(UTC\S*\), or write a zone"teatime" is not a sequence or a time/],
    ['99999999999', /Write the number of an event, from 0/],
  ] as const) {
    const page = await merged.get(`/aggregate/${id.hex}?at=1&pin=${wrong}`);
    t.is(page.status, 400);
    t.regex(page.text, /event 1 of 2/);
    t.notRegex(page.text, /was left out/);
    t.regex(page.html, new RegExp(`id="pin-box" name="pin" value="${wrong}"[^>]* aria-invalid="true"`));
    t.regex(page.text, why);
    t.false(page.links.some((link) => link.includes('pin=9')));
    t.true(page.links.includes(`/aggregate/${id.hex}?at=2`));
  }
  const part = await merged.get(`/aggregate/${id.hex}?at=1&pin=teatime&part=moment`);
  t.regex(part.html, /^<section id="moment"/);
  t.true(part.text.includes('"teatime" was left out: it is no point of a history to compare with.'));
});

test('where bodies are merged, one that cannot be is not called a failing handler', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }]);
  const deep = `${'{"d":'.repeat(1100)}1${'}'.repeat(1100)}`;
  await database.knex.raw(
    `INSERT INTO ${database.schema}.event_log VALUES (decode('ffffffff', 'hex') || substr(?::bytea, 5), ?::bytea, 2, 'deep', ?)`,
    [id.encode(), id.encode(), deep],
  );

  const { text } = await merged.get(`/aggregate/${id.hex}`);

  t.regex(text, /2 deep \S+ \S+ cannot be merged/);
  t.regex(text, /1 body that cannot be merged/);
  t.regex(text, /the body of event 2 cannot be merged/);
  t.regex(text, /Without event 2, whose body cannot be merged\./);
  t.notRegex(text, /handler (?:of|fails)|failing/);
});

test('a text is found in the events, forwards and backwards', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 'one' } }, { body: { n: 'Zebra' } }, { body: { n: 'three' } }]);

  const found = await merged.request(`/aggregate/${id.hex}?at=3&find=zebra&to=previous`);
  const none = await merged.get(`/aggregate/${id.hex}?at=3&find=camel&to=next`);

  t.is(found.status, 303);
  t.is(found.headers.get('location'), `/aggregate/${id.hex}?at=2&find=zebra`);
  t.regex(none.text, /No event contains "camel"/);
  t.false(none.links.filter((link) => !link.includes('find=camel')).some((link) => link.includes('to=')));
  t.true(none.links.includes(`/aggregate/${id.hex}?at=2&find=camel`));
});

test('an aggregate without events is told what to do; of the timestamp of an event, whose it is', async (t) => {
  const id = anId();
  const owner = anId();
  const event = anEvent(owner);
  await store.commitEvents([event]);

  const page = await merged.get(`/aggregate/${id.hex}`);
  const mistaken = await merged.get(`/aggregate/${event.timestamp.hex}`);

  t.is(page.status, 404);
  t.regex(page.text, /There is no aggregate .*: the log has no event of it\. .*Check the id/);
  t.is(mistaken.status, 404);
  t.true(mistaken.text.includes(`This is the timestamp of an event, in the history of: ${owner.hex}, event 1`));
  t.true(mistaken.links.includes(`/aggregate/${owner.hex}?at=1`));
});

test('the first digits of an id lead to the aggregate, with what was asked of it; of several, to each', async (t) => {
  const of = (last: string) => Timestamp.parse(`0abcdef01234${last.padStart(20, '0')}`);
  for (const last of ['1111', '12']) await store.commitEvents([anEvent(of(last), { type: 'opened' })]);

  const several = await merged.get('/aggregate/0abcdef0?at=0');
  const one = await merged.request('/aggregate/0abcdef01234000000000000000011?at=0');

  t.is(several.status, 400);
  t.regex(several.text, /Several ids begin with 0abcdef0\..*, last event 1 opened/);
  for (const last of ['1111', '12']) t.true(several.links.includes(`/aggregate/${of(last).hex}?at=0`));
  t.is(one.headers.get('location'), `/aggregate/${of('1111').hex}?at=0`);
  t.regex((await merged.get('/aggregate/0abcdef9')).text, /No aggregate has an id that begins with 0abcdef9/);
});

test('what cannot be meant is answered with what is wrong', async (t) => {
  const id = await aHistoryOf(store, [{}]);
  for (const query of ['at=x', 'at=-1', 'at=99999999999', 'path=balance', 'as=nobody']) {
    const page = await merged.get(`/aggregate/${id.hex}?${query}`);
    t.is(page.status, 400, query);
  }
  const page = await merged.get(`/aggregate/${id.hex}?upto=x`);
  t.true(page.links.includes(`/aggregate/${id.hex}`) && page.links.includes('/'));
  t.is((await merged.get('/aggregate/nobody')).status, 400);
});

test('stored text stays text, wherever it stands', async (t) => {
  const hostile = '<script>alert(1)</script>"\'&\u001b[2J\u202e';
  const id = await aHistoryOf(store, [
    { type: 'opened', body: { name: hostile } },
    { type: '<script>alert(1)</script>', body: { [hostile]: hostile, metadata: { by: hostile } } },
  ]);

  for (const [ui, query] of [
    [merged, ''],
    [
      merged,
      `?at=2&pin=1&path=/${encodeURIComponent(hostile.replaceAll('/', '~1'))}&find=${encodeURIComponent(hostile)}`,
    ],
    [folded, '?at=1'],
  ] as const) {
    const { html, text, status } = await ui.get(`/aggregate/${id.hex}${query}`);
    t.is(status, 200);
    t.false(/<script>alert/i.test(html));
    t.false(/["']\s*on\w+=/i.test(html.replace(/&#39;|&quot;/g, '')));
    t.notRegex(text, /[\u001b\u202e]/);
  }
});

test('where several definitions own an aggregate, the page has a link for each, which keeps the point', async (t) => {
  const Second = defineAggregate({
    name: 'second',
    initialState: () => ({ events: 0 }),
    commands: {},
    events: { opened: ({ events }, _body: object) => ({ events: events + 1 }) },
    owns: { firstEvents: ['opened'] },
  });
  const pages = uiOf(database, { aggregates: [LedgerAccount, Second] });
  const id = await aHistoryOf(store, LEDGER);

  const page = await pages.get(`/aggregate/${id.hex}?at=2&part=moment`);

  t.is(page.status, 400);
  t.regex(page.text, /belongs to several configured definitions: ledger-account, second\. Choose/);
  for (const name of ['ledger-account', 'second']) {
    const address = `/aggregate/${id.hex}?at=2&as=${name}`;
    t.true(page.links.includes(address));
    t.regex((await pages.get(address)).text, new RegExp(`folded by the handlers of ${name}`));
  }
});
