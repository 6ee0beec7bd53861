import test from 'ava';
import { Account, fillWithBank } from '../../../scripts/support/sample-bank.js';
import { sampleScreens } from '../../../scripts/support/sample-screens.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { keyboardFaults } from '../../support/ui/keyboard.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 16 });
const browser = useBrowser(test);

browser.test(
  'the tabulator reaches every control of every screen, and each shows that it has the focus',
  async (t, visit) => {
    const bank = await fillWithBank(database.store(), Date.now(), 20);
    const visitor = await visit(pagesOf(database, { aggregates: [Account], label: 'production' }));

    for (const [name, path] of Object.entries(sampleScreens(bank))) {
      await visitor.open(path);
      await visitor.settled();
      t.deepEqual(await keyboardFaults(visitor.page), [], name);
    }
    t.deepEqual(visitor.problems, []);
  },
);

browser.test('the link past the navigation goes to the content of the page that is there', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/live');
  await page.evaluate('globalThis.isThere = true');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/live#content');
  await page.keyboard.press('Tab');
  t.true(await page.evaluate('document.activeElement.closest("main") !== null && globalThis.isThere'));
});

browser.test('a step keeps the focus on its control, and a pane that is scrolled keeps its keys', async (t, visit) => {
  const owner = anId();
  const fields = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`field ${index}`, index]));
  await database
    .store()
    .commitEvents([
      anEvent(owner, { sequence: 1, body: fields }),
      anEvent(owner, { sequence: 2, body: { 'field 0': 1 } }),
      anEvent(owner, { sequence: 3, body: { 'field 0': 2 } }),
    ]);
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${owner.hex}?at=1`);
  const at = (sequence: number) => page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();
  const focus = () => page.evaluate('document.activeElement.textContent.trim()');

  await page.locator('[data-step="next"] a').focus();
  await page.keyboard.press('Enter');
  await at(2);
  t.is(await focus(), 'Next ›');
  await page.keyboard.press('Enter');
  await at(3);
  t.is(await page.evaluate('document.activeElement.id'), 'moment');

  await page.locator('pre.state').focus();
  await page.keyboard.press('End');
  let isScrolled = false;
  while (!isScrolled) isScrolled = await page.evaluate<boolean>('document.querySelector("pre.state").scrollTop > 0');
  t.is(await page.locator('#moment').getAttribute('data-sequence'), '3');
  await page.keyboard.press('h');
  await at(2);
  t.true(await page.evaluate('document.activeElement.matches("pre.state") && document.activeElement.scrollTop > 0'));
  t.deepEqual(visitor.problems, []);
});
