import test from 'ava';
import { defineAggregate } from '../../../src/index.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { openStream } from '../../support/ui/event-stream.js';
import { uiOf } from '../../support/ui/ui-client.js';
import { untilWaiting, whileLocked } from '../../support/ui/waiting.js';

const [database, sound, locked] = Array.from({ length: 3 }, () => useTestDatabase(test)) as [
  TestDatabase,
  TestDatabase,
  TestDatabase,
];

const Account = defineAggregate({
  name: 'account',
  initialState: () => ({ balance: 0 }),
  commands: {},
  events: {
    opened: (state, _body: object) => state,
    deposited: ({ balance }, { amount }: { amount: number }) => {
      if (amount === 13) throw new Error('<b>unlucky</b>\u001b[2J');
      return { balance: balance + amount };
    },
  },
  owns: { firstEvents: ['opened'] },
});
const aggregates = [Account];

const [good, bad, foreign] = [anId(), anId(), anId()];

test.before(async () => {
  const opened = (id: typeof good) => anEvent(id, { type: 'opened', body: {} });
  const deposited = (id: typeof good, amount: number) =>
    anEvent(id, { sequence: 2, type: 'deposited', body: { amount } });
  await database.store().commitEvents([opened(good), deposited(good, 5), opened(bad), deposited(bad, 13)]);
  await database.store().commitEvents([anEvent(foreign)]);
  for (const each of [sound, locked]) await each.store().commitEvents([opened(good)]);
});

test('without handlers, the page says what to do', async (t) => {
  const pages = uiOf(database);
  const page = await pages.get('/check?run=1');
  t.regex(page.text, /No aggregates are configured.*defineConfig\(\{ aggregates: \[ … \] \}\).*uiHandler\(/);
  t.is((await pages.request('/check/stream')).status, 404);
});

test('the page offers to check, with its command', async (t) => {
  const page = await uiOf(database, { aggregates }).get('/check?sample=10&snapshots=no');
  t.true(page.text.includes(`maestro check --sample 10 --no-snapshots --schema ${database.schema}`));
  t.notRegex(page.text, /checked/);
  const wrong = await uiOf(database, { aggregates }).get('/check?sample=some');
  t.is(wrong.status, 400);
  t.regex(wrong.html, /name="sample" value="some"[^>]* aria-invalid="true"/);
  t.regex(wrong.text, /"some" is no number of aggregates\. Write a whole number/);
});

test('a handler that fails is found with a link to the event', async (t) => {
  const pages = uiOf(database, { aggregates });
  const page = await pages.get('/check?run=1');
  const messages = await (await openStream(pages, '/check/stream')).rest();

  t.true(page.links.includes(`/aggregate/${bad.hex}?at=2`));
  t.regex(page.text, /account at 2: .*<b>unlucky<\/b>\\u001b\[2J.*1 problem: checked \d events of 2 aggregates/);
  t.false(page.html.includes('<b>unlucky'));
  t.regex(page.text, /no configured definition owns them: 1 aggregate/);
  t.deepEqual(
    messages.map(({ name }) => name).filter((name) => name !== 'progress'),
    ['finding', 'outcome'],
  );
  t.regex(messages.at(-1)?.data ?? '', /^<li class="outcome bad">/);
});

test('a sample is checked alone, and a sound one is good', async (t) => {
  const messages = await (await openStream(uiOf(sound, { aggregates }), '/check/stream?sample=5')).rest();
  t.regex(messages.at(-1)?.data ?? '', /outcome good.*No problem: checked 1 event of 1 aggregate/);
});

test('a check that is left ends its query', async (t) => {
  await whileLocked(locked, async () => {
    const stream = await openStream(uiOf(locked, { aggregates }), '/check/stream');
    await untilWaiting(locked, 1);
    await stream.leave();
    await untilWaiting(locked, 0);
  });
  t.pass();
});
