import test from 'ava';
import { useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database);
const id = anId();
const LENGTH = 12_000;

test.serial.before(async () => {
  const events = aHistory(id, LENGTH);
  for (let from = 0; from < LENGTH; from += 2_000)
    await database.store().commitEvents(events.slice(from, from + 2_000));
});

/** The number of statements and of rows that the work makes the database answer. */
async function readBy(work: () => Promise<unknown>): Promise<{ statements: number; rows: number }> {
  const read = { statements: 0, rows: 0 };
  const count = (response: unknown) => {
    read.statements += 1;
    read.rows += (response as { rows?: unknown[] } | undefined)?.rows?.length ?? 0;
  };
  database.knex.on('query-response', count);
  await work();
  database.knex.off('query-response', count);
  return read;
}

test.serial('the first view of a long history reads few events; its state is a part that is loaded next', async (t) => {
  let html = '';
  const read = await readBy(async () => ({ html } = await ui.get(`/aggregate/${id.hex}`)));

  t.regex(html, /data-load="moment"/);
  t.regex(html, /The state is made of the 12.?000 events before it/);
  t.true(html.includes(`/aggregate/${id.hex}?fold=yes`));
  t.regex(html, /marked up to event 10000 so far/);
  t.true(read.rows < 1_000, `${read.rows} rows`);
});

test.serial(
  'nor does it fold for the changes of a value: those around a point near the beginning are found, all others are another part',
  async (t) => {
    let page = { html: '', text: '' };
    const near = await readBy(async () => (page = await uiOf(database).get(`/aggregate/${id.hex}?at=5&path=/n`)));
    t.regex(page.text, /Events that changed \/n .* 15 happened .* Events 1 to 15 were looked at\. Later ones/);
    t.true(near.rows < 1_000, `${near.rows} rows`);

    const address = `/aggregate/${id.hex}?path=/n`;
    const far = await readBy(async () => (page = await ui.get(address)));
    t.regex(page.html, /<section id="changes" data-load="changes"/);
    t.true(page.html.includes(`/aggregate/${id.hex}?path=%2Fn&amp;fold=yes`));
    t.true(far.rows < 1_000, `${far.rows} rows`);

    const { text } = await uiOf(database).get(`${address}&part=changes`);
    t.regex(text, /^Events that changed \/n .* 12000 happened/);
  },
);

test.serial('once it was folded, a step anywhere reads a few events, not all again', async (t) => {
  const first = await readBy(() => ui.get(`/aggregate/${id.hex}?part=moment`));
  t.true(first.rows >= LENGTH);
  t.notRegex((await ui.get(`/aggregate/${id.hex}`)).text, /so far/);

  for (const at of [LENGTH - 1, LENGTH, LENGTH - 2]) {
    let text = '';
    const step = await readBy(async () => ({ text } = await ui.get(`/aggregate/${id.hex}?at=${at}&part=moment`)));
    t.regex(text, new RegExp(`~ "n": ${at} was ${at - 1}`));
    t.true(step.rows < 20 && step.statements < 10, `${step.rows} rows, ${step.statements} statements`);
  }
  const far = await readBy(() => ui.get(`/aggregate/${id.hex}?at=5123&part=moment`));
  t.true(far.rows <= 200 + 2 * 201 + 20, `${far.rows} rows`);
});

test.serial('an event that is committed meanwhile is the last one of the next page', async (t) => {
  await database.store().commitEvents([anEvent(id, { sequence: LENGTH + 1, body: { n: -1 } })]);

  let text = '';
  const read = await readBy(async () => ({ text } = await ui.get(`/aggregate/${id.hex}`)));

  t.regex(text, /event 12001 of 12001/);
  t.regex(text, /~ "n": -1 was 12000/);
  t.true(read.rows < 1_000, `${read.rows} rows`);
});

test.serial('a request that is left ends its fold', async (t) => {
  const fresh = uiOf(database);
  const leaving = new AbortController();
  let read = 0;
  const count = (response: unknown) => {
    read += (response as { rows?: unknown[] } | undefined)?.rows?.length ?? 0;
    if (read > 500) leaving.abort();
  };
  database.knex.on('query-response', count);
  await fresh.request(`/aggregate/${id.hex}?part=moment`, { signal: leaving.signal });
  database.knex.off('query-response', count);

  t.true(read < LENGTH, `${read} rows`);
});
