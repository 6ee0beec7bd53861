import test from 'ava';
import { readCopyFacts } from '../../../src/projection/status/read-status.js';
import { Copies } from '../../../src/ui/screens/projections/copies.js';
import { distances } from '../../../src/ui/screens/projections/distances.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { makeLive, OWNERS } from '../../support/data/live-projection.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { htmlOf, uiOf } from '../../support/ui/ui-client.js';

const [none, filled] = Array.from({ length: 2 }, () => useTestDatabase(test)) as [TestDatabase, TestDatabase];
const bare = useTestDatabase(test, { migrated: false });
const [failing, missing] = [anId(), anId()];
const HOSTILE = 'Error: <img src=x onerror=alert(1)>\n  at <script>\u001b[2J\u202e';

test.before(async () => {
  const { knex, schema } = filled;
  await filled.store().commitEvents([...aHistory(failing, 3), ...aHistory(missing, 2)]);
  const copy = await makeLive(filled, OWNERS);
  const park = 'INSERT INTO ??.maestro_parked VALUES (?, ?, ?, ?, ?, 7, now(), now(), now())';
  await knex.raw(park, [schema, copy, failing.encode(), 2, 'failed', HOSTILE]);
  await knex.raw(park, [schema, copy, missing.encode(), 1, 'gap', 'event 1 is missing']);
  await knex.raw(
    `INSERT INTO ??.maestro_projections (name, version, kind, status, live_schema, build_schema) VALUES ('owners', 2, 'projection', 'building', ?, 'maestro_build_x')`,
    [schema, schema],
  );
});

test('where nothing follows the log, the page says what to do', async (t) => {
  t.regex(
    (await uiOf(none).get('/projections')).text,
    /No projection and no subscription has run.*maestro projections run/,
  );
  t.regex((await uiOf(bare).get('/projections')).text, /no tables for projections.*maestro migrate up/);
});

test('copies are shown with who runs them, what they have parked, and the commands for it', async (t) => {
  const { text, links, html } = await uiOf(filled).get('/projections');

  t.regex(text, /owners 1 projection live 0 1 1 .*owners 2 projection building 0 0 0/);
  t.regex(text, /owners 1 is live, and no worker has its handlers/);
  t.true(links.includes(`/aggregate/${failing.hex}?at=2`) && links.includes(`/aggregate/${missing.hex}?at=1`));
  const flags = `--schema ${filled.schema}`;
  t.true(text.includes(`maestro projections retry owners ${flags}`));
  t.true(text.includes(`maestro projections skip owners ${failing.hex} --sequence 2 ${flags} --reason Copy`));
  t.true(text.includes(`No worker runs owners: what is committed is not taken in. Start the application that runs it`));
  t.false(text.includes(`maestro projections run ${flags}`));
  const configured = await uiOf(filled, { projections: [OWNERS] }).get('/projections');
  t.true(configured.text.includes(`maestro projections run ${flags}`));
  t.regex(text, /No worker runs, so nothing tries them again\./);
  t.notRegex(text, /Workers try them again|, next 20/);
  t.false(text.includes(`maestro projections skip owners ${missing.hex}`));
  t.true(text.includes(`maestro projections rebuild owners ${flags}`));
  t.true(text.includes(`A rebuild is under way; this ends it: maestro projections rebuild owners --cancel ${flags}`));
  t.true(text.includes(`maestro projections status ${flags}`));
  t.true(html.includes('Error: &lt;img src=x onerror=alert(1)&gt;\n  at &lt;script&gt;\\u001b[2J\\u202e'));
});

test('how far they are behind is counted as a part of the page, or by a link', async (t) => {
  const pages = uiOf(filled);
  const page = await pages.get('/projections');
  t.true(page.html.includes('data-load="behind"'));
  t.true(page.links.includes('/projections?behind=shown'));
  t.notRegex(page.text, /5 events of 2 aggregates/);

  const part = await pages.get('/projections?part=behind');
  t.true(part.html.startsWith('<section id="behind"'));
  t.regex(part.text, /owners 1 projection live 0 1 1 5 events of 2 aggregates/);
  t.is(part.html.match(/<table/g)?.length, 1);
  t.regex((await pages.get('/projections?behind=shown')).text, /5 events of 2 aggregates/);
});

test('what takes too long is compared with a part of the log, which the page says, and with all of it by a link', async (t) => {
  const { knex, schema } = filled;
  const facts = await readCopyFacts(knex, schema, 'owners');
  const bound = { patience: 0, size: { rows: 2, leaps: 1 } };
  const part = await distances({ log: filled, schema }, facts, bound);
  const html = htmlOf(Copies(part));

  t.regex(html, /at least 3 events of 1 aggregate</);
  t.regex(html, /Compared with a part of the log only, because all of it takes a while: \d events, the oldest/);
  t.notRegex(html, /is filled/);
  t.true(html.includes('href="/projections?behind=exact"'));
  t.regex((await uiOf(filled).get('/projections?behind=exact')).text, /5 events of 2 aggregates/);
});
