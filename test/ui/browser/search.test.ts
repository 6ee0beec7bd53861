import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { axeViolations } from '../../support/ui/axe.js';
import { useBrowser } from '../../support/ui/browser.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const browser = useBrowser(test);
const BEGIN = Date.parse('2026-11-22T14:00:00.000Z');
const [ada, bob] = [anId(), anId()];

test.serial.before(async () => {
  const events = Array.from({ length: 120 }, (_, index) =>
    anEvent(index % 2 === 0 ? ada : bob, {
      timestamp: Timestamp.of({ time: BEGIN + index * 60_000, nodeId: 7n }),
      sequence: (index >> 1) + 1,
    }),
  );
  await database.store().commitEvents(events);
});

browser.test('a time is drawn over the histogram, with the pointer or with keys', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/search');
  await visitor.settled();
  const box = await page.locator('.histogram svg').boundingBox();
  if (box === null) return t.fail('there is no histogram');
  const x = (bar: number) => box.x + ((bar + 0.5) / 120) * box.width;
  await page.mouse.move(x(10), box.y + 20);
  await page.mouse.down();
  await page.mouse.move(x(14), box.y + 30);
  await page.mouse.move(x(19), box.y + 30);
  await page.mouse.up();
  await page.waitForURL('**/search?since=2026-11-22T14%3A10%3A00.000Z&until=2026-11-22T14%3A19%3A59.999Z');
  await visitor.settled();
  t.is(await page.locator('#results tbody tr').count(), 10);

  await page.goBack();
  await visitor.settled();
  await page.locator('.brush').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/search?since=2026-11-22T14%3A00%3A00.000Z&until=2026-11-22T14%3A01%3A59.999Z');
  t.deepEqual(visitor.problems, []);
});

browser.test(
  'on a narrow screen a row shows all of an event in several lines, and is still a row of a table',
  async (t, visit) => {
    const visitor = await visit(pagesOf(database));
    const { page } = visitor;
    await page.setViewportSize({ width: 360, height: 800 });
    await visitor.open('/search');
    await visitor.settled();
    const row = page.getByRole('table', { name: 'Events that were found' }).getByRole('row').nth(1);
    for (const cell of await row.getByRole('cell').all()) {
      const box = await cell.boundingBox();
      t.true(box !== null && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
    }
    t.deepEqual([await row.getByRole('cell').count(), await axeViolations(page), visitor.problems], [5, [], []]);
  },
);

browser.test('further events are put below the first, and a bar is a link', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/search');
  await visitor.settled();
  for (const rows of [100, 120]) {
    await page.getByRole('link', { name: 'More' }).click();
    await page
      .locator('#results tbody tr')
      .nth(rows - 1)
      .waitFor();
  }
  t.is(await page.locator('#results tbody tr').count(), 120);
  await page.getByText('These are all.').waitFor();
  await page.locator('.histogram a').nth(3).click();
  await page.waitForURL('**/search?since=2026-11-22T14%3A03%3A00.000Z&until=2026-11-22T14%3A03%3A59.999Z');
  t.deepEqual(visitor.problems, []);
});

browser.test('lanes can be read by everybody, and a time can be drawn over them', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/compare?id=${ada.hex}&id=${bob.hex}`);
  t.deepEqual(await axeViolations(page), []);
  await page.locator('.brush').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/compare?id=*&since=2026-11-22T14%3A00%3A00.000Z&until=*');
  t.deepEqual(visitor.problems, []);
});

browser.test(
  'a further page that fails is no end: the error stands there, with a link that tries again',
  async (t, visit) => {
    const visitor = await visit(pagesOf(database));
    const { page } = visitor;
    const rename = async (from: string, to: string) =>
      database.knex.raw('alter table ??.?? rename to ??', [database.schema, from, to]);
    await visitor.open('/search');
    await visitor.settled();

    await rename('event_log', 'elsewhere');
    try {
      await page.getByRole('link', { name: 'More' }).click();
      await page.locator('#results .error[role="alert"]').waitFor();
    } finally {
      await rename('elsewhere', 'event_log');
    }
    t.is(await page.getByText('These are all.').count(), 0);
    t.is(await page.locator('#results tbody tr').count(), 50);

    await page.getByRole('link', { name: 'Try again' }).click();
    await page.locator('#results tbody tr').nth(99).waitFor();
    t.is(await page.locator('#results .error').count(), 0);
  },
);

browser.test('a server that does not answer is no end either', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/search');
  await visitor.settled();
  await page.context().setOffline(true);

  await page.getByRole('link', { name: 'More' }).click();
  await page.getByText('Maestro does not answer: there may be more.').waitFor();
  await page.context().setOffline(false);
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.locator('#results tbody tr').nth(99).waitFor();
  t.is(await page.getByText('These are all.').count(), 0);
});

browser.test('Escape takes the chosen bars back, and tells anew how to choose', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/search');
  await visitor.settled();

  const output = page.locator('.histogram output');
  await page.locator('.brush').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Escape');
  t.regex(await output.innerText(), /^Draw over the bars/);
});
