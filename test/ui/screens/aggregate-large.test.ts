import test from 'ava';
import { foldingFor } from '../../../src/folding/folding-for.js';
import { Timeline } from '../../../src/folding/timeline.js';
import { pathChanges } from '../../../src/ui/screens/aggregate/path-changes.js';
import { useTestDatabase } from '../../support/database.js';
import { collect } from '../../support/data/factories.js';
import { aHistoryOf } from '../../support/data/histories.js';
import { LedgerAccount } from '../../support/ui/ledger-account.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const store = database.store();
const ui = uiOf(database);

test('of a large body and a large state a page shows the beginning, and says so; the whole is a file', async (t) => {
  const list = Array.from({ length: 60_000 }, (_, index) => `item ${index}: ${'€'.repeat(30)}`);
  const id = await aHistoryOf(store, [{ body: { list, big: 12345678901234567890n } }, { body: { n: 1 } }]);
  const [event] = await collect(store.streamStoredEvents(id, 1, { limit: 1 }));

  const page = await ui.get(`/aggregate/${id.hex}?at=1&lines=all`);
  const link = page.links.find((each) => each.includes('part=body')) ?? '';
  const file = await ui.request(link);
  const state = await ui.request(`/aggregate/${id.hex}?at=1&part=state`);

  t.true(page.html.length < 4_000_000, `${page.html.length} characters`);
  t.true(/This is the beginning, 100,000 of [\d,]+ characters/.test(page.text));
  t.is(file.headers.get('content-type'), 'application/json; charset=utf-8');
  t.regex(file.headers.get('content-disposition') ?? '', /^attachment; filename="event-[0-9a-f]+-1\.json"$/);
  t.is(await file.text(), event?.body ?? 'none');
  t.true((await state.text()).includes('"big":12345678901234567890'));
  const own = await ui.get(`/event/${event?.timestamp.toString()}`);
  t.true(own.html.length < 400_000 && own.links.includes(link), `${own.html.length} characters`);
});

test('of very many lines a part is shown, however many are asked for, and of a long line the beginning', async (t) => {
  const id = await aHistoryOf(store, [
    { body: { a: 'x'.repeat(9_000), list: Array.from({ length: 20_000 }, () => 1) } },
  ]);

  const page = await ui.get(`/aggregate/${id.hex}?lines=all`);

  t.true(page.text.includes('… 15005 more lines, which are too many to be shown here'));
  t.is(/… and ([\d,]+) more characters/.exec(page.text)?.[1], '7,004');
  t.true(page.links.some((link) => link.endsWith('?at=1&part=state')));
});

test.serial('a step in a history of large states reads few events', async (t) => {
  const text = 'x'.repeat(900_000);
  const id = await aHistoryOf(store, [
    { body: { text } },
    ...Array.from({ length: 1_200 }, (_, index) => ({ body: { n: index } })),
  ]);
  await ui.get(`/aggregate/${id.hex}?at=1000`);
  let rows = 0;
  const count = (response: unknown) => {
    rows += (response as { rows?: unknown[] } | undefined)?.rows?.length ?? 0;
  };
  database.knex.on('query-response', count);
  const page = await ui.get(`/aggregate/${id.hex}?at=1001&part=moment`);
  database.knex.off('query-response', count);

  t.true(page.text.includes('event 1001 of 1201'));
  t.true(rows < 900, `${rows} rows`);
});

test('a search for the changes of a value ends after a while, and goes on where it ended', async (t) => {
  const id = await aHistoryOf(
    store,
    Array.from({ length: 120 }, (_, index) => ({ body: index % 50 === 0 ? { n: index } : { other: index } })),
  );
  const timeline = new Timeline({ id, store, log: database, folding: foldingFor(undefined, id, []) });
  let time = 0;
  const seen: number[] = [];
  let upTo = 120;
  let pages = 0;
  while (upTo > 0) {
    const now = () => (time += 500);
    const found = await pathChanges({
      log: database,
      id,
      timeline,
      path: '/n',
      upTo,
      signal: new AbortController().signal,
      now,
    });
    seen.push(...found.changes.map(({ event }) => event.sequence));
    t.true(found.from <= upTo && upTo - found.from < 5);
    upTo = found.from - 1;
    pages += 1;
  }

  t.deepEqual(seen, [101, 51, 1]);
  t.true(pages >= 24);
});

test('events far from the first are looked at for changes, not the sequences before them', async (t) => {
  const id = await aHistoryOf(
    store,
    [1_000_000, 1_000_001].map((sequence) => ({ sequence, body: { n: sequence } })),
  );

  const { text } = await ui.get(`/aggregate/${id.hex}?path=/n`);

  t.regex(text, /1000001 happened .* 1000000 happened .*Events 1 to 1000001 were looked at/);
});

test('a failing handler is marked wherever one looks; of a long history the page says how far it looked', async (t) => {
  const folded = uiOf(database, { aggregates: [LedgerAccount] });
  const deposits = (length: number) => Array.from({ length }, () => ({ type: 'deposited', body: { amount: 1 } }));
  const opened = { type: 'opened', body: { name: 'Ada' } };
  const broken = { type: 'broken', body: {} };
  const few = await aHistoryOf(store, [opened, ...deposits(5), broken]);
  const many = await aHistoryOf(store, [opened, ...deposits(2_500), broken]);

  t.regex((await folded.get(`/aggregate/${few.hex}?at=2`)).text, /1 failing handler/);
  const page = await folded.get(`/aggregate/${many.hex}?at=2`);
  t.regex(page.text, /events that cannot be folded are marked up to event 2 so far; look further/);
  const further = page.links.find((link) => link.endsWith('at=2&fold=yes')) ?? '';
  t.regex((await folded.get(further)).text, /1 failing handler/);
});
