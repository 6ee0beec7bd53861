import test from 'ava';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { tabTo } from '../../support/ui/keyboard.js';
import { LedgerAccount } from '../../support/ui/ledger-account.js';
import { pagesOf } from '../../support/ui/ui-client.js';
import { untilWaiting, whileLocked } from '../../support/ui/waiting.js';

const [gap, failing] = [useTestDatabase(test), useTestDatabase(test)];
const browser = useBrowser(test);

browser.test('with keys alone: verify an aggregate, cancel, verify all, and go to what is found', async (t, visit) => {
  const id = anId();
  await gap.store().commitEvents(aHistory(id, 5));
  await gap.knex.raw('DELETE FROM ??.event_log WHERE sequence = 3', [gap.schema]);
  const visitor = await visit(pagesOf(gap));
  const { page } = visitor;
  const start = page.getByRole('button', { name: 'Verify' });
  await visitor.open('/verify');

  await whileLocked(gap, async () => {
    await tabTo(page, page.getByLabel('Aggregate'));
    await page.keyboard.type(id.hex);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/verify?since=&aggregate=${id.hex}&run=1`);
    await page.getByRole('status').getByText('Under way.').waitFor();
    await page.locator('#run .progress').getByText('Begins').waitFor();
    await untilWaiting(gap, 1);
    await tabTo(page, page.getByRole('link', { name: 'Cancel' }));
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Cancelled.').waitFor();
    await untilWaiting(gap, 0);
  });
  t.true(page.url().endsWith(`/verify?since=&aggregate=${id.hex}`));
  t.is(await start.and(page.locator(':focus')).count(), 1);
  t.false(await page.getByRole('link', { name: 'Cancel' }).isVisible());

  await page.keyboard.press('Enter');
  await page.getByText('1 violation: checked 4 events of 1 aggregate, and 0 snapshots.').waitFor();
  await page.getByRole('status').getByText('Done.').waitFor();
  t.is(await page.locator('#run .progress').count(), 0);
  const finding = page.getByRole('listitem').filter({ hasText: 'event 3 is missing' }).getByRole('link');
  await tabTo(page, finding);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/aggregate/${id.hex}?at=4`);
  await page.getByRole('heading', { name: 'State after event 4' }).waitFor();
  await page.goBack();
  await page.getByText('1 violation:').waitFor();
  t.deepEqual(visitor.problems, []);
});

browser.test('with keys alone: check a sample, cancel, and go to the handler that fails', async (t, visit) => {
  const id = anId();
  const events = ['opened', 'broken'].map((type, index) =>
    anEvent(id, { sequence: index + 1, type, body: { name: 'Ada' } }),
  );
  await failing.store().commitEvents(events);
  const visitor = await visit(pagesOf(failing, { aggregates: [LedgerAccount] }));
  const { page } = visitor;
  await visitor.open('/check');

  await whileLocked(failing, async () => {
    await tabTo(page, page.getByLabel('Sample'));
    await page.keyboard.type('10');
    await tabTo(page, page.getByLabel('leave snapshots out'));
    await page.keyboard.press('Space');
    await tabTo(page, page.getByRole('button', { name: 'Check' }));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/check?sample=10&snapshots=no&run=1');
    await page.locator('#run .progress').getByText('Begins').waitFor();
    await untilWaiting(failing, 1);
    await tabTo(page, page.getByRole('link', { name: 'Cancel' }));
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Cancelled.').waitFor();
    await untilWaiting(failing, 0);
  });

  await page.keyboard.press('Enter');
  await page.getByText('1 problem: checked 1 event of 1 aggregate').waitFor();
  await page.getByText('Stored snapshots were not compared.').waitFor();
  await tabTo(page, page.getByRole('listitem').filter({ hasText: 'the ledger is upside down' }).getByRole('link'));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/aggregate/${id.hex}?at=2`);
  t.deepEqual(visitor.problems, []);
});

browser.test('a run that was left says so when the page is shown again', async (t, visit) => {
  await gap.store().commitEvents([anEvent()]);
  const visitor = await visit(pagesOf(gap));
  const { page } = visitor;
  await visitor.open('/verify');
  await whileLocked(gap, async () => {
    await page.getByRole('button', { name: 'Verify' }).click();
    await untilWaiting(gap, 1);
    await page.evaluate(`dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))`);
    await page.getByText('It ended when the page was left. Start it again.').waitFor();
    await untilWaiting(gap, 0);
  });
  t.deepEqual(visitor.problems, []);
});

browser.test(
  'what is wrong stands beside the field, which keeps what was typed, until it is sent anew',
  async (t, visit) => {
    const visitor = await visit(pagesOf(failing, { aggregates: [LedgerAccount] }));
    const { page } = visitor;
    await visitor.open('/check');
    const sample = page.getByLabel('Sample');

    await sample.fill('abc');
    await page.keyboard.press('Enter');
    await page.getByText('"abc" is no number of aggregates.').waitFor();
    t.is(await sample.inputValue(), 'abc');
    t.is(await sample.and(page.locator(':focus')).count(), 1);
    t.is(await page.getByText('The connection broke').count(), 0);

    await sample.fill('3');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Done.').waitFor();
    t.is(await page.locator('.fault').count(), 0);
    t.true(page.url().endsWith('/check?sample=3&run=1'));
    t.deepEqual(visitor.problems, []);
  },
);
