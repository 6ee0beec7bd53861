import test from 'ava';
import type { Page } from 'playwright-core';
import { Account, fillWithBank, type SampleBank } from '../../../scripts/support/sample-bank.js';
import { useTestDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { tabTo } from '../../support/ui/keyboard.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 16 });
const browser = useBrowser(test);
let bank: SampleBank;
test.serial.before(async () => {
  bank = await fillWithBank(database.store());
});

/** Most actions that a person who knows the pages should need. */
const MOST_ACTIONS = 15;

browser.test('somebody who is told that a balance is wrong since yesterday finds the event', async (t, visit) => {
  const visitor = await visit(pagesOf(database, { aggregates: [Account] }));
  const { page } = visitor;
  let actions = 0;
  const act = async (action: Promise<unknown>) => {
    actions += 1;
    await action;
  };
  await visitor.open('/');

  // Whose balance: the account by its owner.
  await act(page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Search' }).click());
  await act(page.getByLabel('Body (jsonpath)').fill(`$.owner == "${bank.owner}"`));
  await act(page.keyboard.press('Enter'));
  await act(page.getByRole('region', { name: 'Events that were found' }).getByRole('link').nth(1).click());
  await page.waitForURL(`**/aggregate/${bank.account.hex}*`);
  // Which events changed the balance: the one that made a fortune of it.
  await act(page.getByRole('link', { name: 'Last' }).click());
  await page.getByRole('heading', { name: `State after event ${bank.last}` }).waitFor();
  await act(page.getByRole('region', { name: 'State', exact: true }).getByRole('link', { name: '"balance"' }).click());
  const jump = page.getByRole('region', { name: 'Events that changed it' }).getByRole('link', {
    name: String(bank.wrong.sequence),
    exact: true,
  });
  await act(jump.click());
  await page.getByRole('heading', { name: `State after event ${bank.wrong.sequence}` }).waitFor();
  await act(page.locator('.event').getByTitle(bank.wrong.timestamp.toString()).click());
  await page.waitForURL(`**/event/${bank.wrong.timestamp.toString()}`);

  const event = await page.getByRole('region', { name: 'Body' }).innerText();
  t.regex(event, /1250000[^]*T4/);
  t.deepEqual(visitor.problems, []);
  t.true(actions < MOST_ACTIONS);
});

browser.test('by keyboard alone: skip to the content, find, open a result', async (t, visit) => {
  const visitor = await visit(pagesOf(database, { aggregates: [Account] }));
  const { page } = visitor;
  await visitor.open('/');

  await page.keyboard.press('Tab');
  t.is(await focused(page), 'Skip to the content');
  t.true(await page.getByText('Skip to the content').isVisible());
  await page.keyboard.press('/');
  await page.keyboard.type(bank.wrong.timestamp.toString());
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/event/${bank.wrong.timestamp.toString()}`);

  // To the event before it in its aggregate.
  const before = page.getByRole('navigation', { name: 'Events next to it' }).getByRole('link').first();
  const target = await before.getAttribute('href');
  await tabTo(page, before);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${target}`);
  t.deepEqual(visitor.problems, []);
});

browser.test('back and forward show what was shown, parts that were swapped too', async (t, visit) => {
  const visitor = await visit(pagesOf(database, { aggregates: [Account] }));
  const { page } = visitor;
  const heading = () => page.locator('h1').innerText();
  await visitor.open('/');
  await visitor.open(`/event/${bank.wrong.timestamp.toString()}`);
  const event = await heading();
  await page.getByRole('link', { name: 'Search' }).click();
  await page.getByLabel('Type').first().fill('limit_changed');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/search?*limit_changed*');
  const found = await page.locator('#results').innerText();

  await page.goBack();
  await page.goBack();
  t.is(await heading(), event);
  await page.goBack();
  t.is(await heading(), 'Overview');
  await page.goForward();
  await page.goForward();
  await page.goForward();
  t.is(await page.getByLabel('Type').first().inputValue(), 'limit_changed');
  t.is(await page.locator('#results').innerText(), found);
  t.deepEqual(visitor.problems, []);
});

browser.test('without script the pages tell the same by links and forms', async (t, visit) => {
  const visitor = await visit(pagesOf(database, { aggregates: [Account] }), { javaScriptEnabled: false });
  const { page } = visitor;
  await visitor.open('/');
  await page.locator('#findings').getByRole('link').click();
  t.true(await page.getByRole('list').first().isVisible());

  await page.getByRole('searchbox').fill(bank.wrong.timestamp.toString());
  await page.getByRole('button', { name: 'Find' }).click();
  t.regex(await page.locator('main').innerText(), /1250000/);
  t.deepEqual(visitor.problems, []);
});

/** The text of the element that has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.innerText');
}
