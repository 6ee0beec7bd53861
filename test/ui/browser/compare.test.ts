import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { anEvent } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { tabTo } from '../../support/ui/keyboard.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const browser = useBrowser(test);
const BEGIN = Date.parse('2026-11-22T14:00:00.000Z');
const [ada, bob] = [1n, 2n].map((nodeId) => Timestamp.of({ time: BEGIN, nodeId })) as [Timestamp, Timestamp];

/** Of each aggregate, 75 events in one millisecond, which the list of 100 cuts apart. */
const events = [ada, bob].flatMap((id, which) =>
  Array.from({ length: 75 }, (_, index) =>
    anEvent(id, {
      timestamp: Timestamp.of({ time: BEGIN + 60_000, counter: index, nodeId: BigInt(which + 8) }),
      sequence: index + 1,
    }),
  ),
);

test.serial.before(async () => {
  await database.store().commitEvents(events);
});

browser.test(
  'an aggregate is taken along from its page and from that of an event, with the box for another one focused',
  async (t, visit) => {
    const visitor = await visit(pagesOf(database));
    const { page } = visitor;
    for (const from of [`/aggregate/${ada.hex}`, `/event/${events[0]?.timestamp.toString()}`]) {
      await visitor.open(from);
      await page.getByRole('link', { name: 'Compare with another aggregate' }).click();
      await page.waitForURL(`**/compare?id=${ada.hex}#add`);
      await page.keyboard.type(bob.hex);
      await page.keyboard.press('Enter');
      await page.waitForURL(`**/compare?id=${ada.hex}&id=${bob.hex}`);
    }
    t.deepEqual(visitor.problems, []);
  },
);

browser.test('titles of marks have their times in the zone of the page', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  const ofBoth = async (address: string) => {
    await visitor.open(address);
    const button = page.getByRole('button', { name: 'Times: ' });
    const shown: string[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const time = await page.locator('figcaption time').first().innerText();
      const title = await page.locator('figure title').first().textContent();
      t.true(title?.includes(time), `${time} in ${title}`);
      shown.push(time);
      await button.click();
    }
    t.is(new Set(shown).size, 2);
  };

  await ofBoth(`/compare?id=${ada.hex}`);
  await ofBoth('/search');
  t.deepEqual(visitor.problems, []);
});

browser.test('with keys alone: add aggregates, go on in their list, remove one, choose a time', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/compare');
  for (const [count, id] of [ada, bob].entries()) {
    await tabTo(page, page.getByLabel('Add an aggregate'));
    await page.keyboard.type(id.hex);
    await page.keyboard.press('Enter');
    await page.locator(`.lanes .lane`).nth(count).waitFor({ state: 'attached' });
  }
  const both = page.url();
  const listed = () =>
    page.evaluate<string[]>(`[...document.querySelectorAll('#order a[href*="/event/"]')].map(({ title }) => title)`);
  const first = await listed();
  t.is(first.length, 100);

  await tabTo(page, page.getByRole('link', { name: 'Go on from there' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${both}&after=50.50#order`);
  t.true(await page.getByRole('heading', { name: 'In one order' }).isVisible());
  t.deepEqual(
    [...first, ...(await listed())].toSorted(),
    events.map(({ timestamp }) => timestamp.toString()).toSorted(),
  );
  await page.goBack();
  await page.waitForURL(both);
  t.deepEqual(await listed(), first);
  await page.goForward();
  await tabTo(page, page.getByRole('link', { name: 'Begin with the first' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${both}#order`);

  await visitor.open(new URL(both).pathname + new URL(both).search);
  await tabTo(page, page.getByRole('link', { name: 'remove' }));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/compare?id=${bob.hex}`);
  await tabTo(page, page.locator('.brush'));
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/compare?id=${bob.hex}&since=*&until=*`);
  await tabTo(page, page.getByRole('link', { name: 'All times' }));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/compare?id=${bob.hex}`);
  t.deepEqual(visitor.problems, []);
});
