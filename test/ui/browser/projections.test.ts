import test from 'ava';
import { aHistory, anId } from '../../support/data/factories.js';
import { makeLive, OWNERS } from '../../support/data/live-projection.js';
import { useTestDatabase } from '../../support/database.js';
import { readingFaults } from '../../support/ui/axe.js';
import { useBrowser } from '../../support/ui/browser.js';
import { keyboardFaults, tabTo } from '../../support/ui/keyboard.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const browser = useBrowser(test);
const id = anId();

test.serial.before(async () => {
  const { knex, schema } = database;
  await database.store().commitEvents(aHistory(id, 3));
  const copy = await makeLive(database, OWNERS);
  await knex.raw(`INSERT INTO ??.maestro_parked VALUES (?, ?, 2, 'failed', 'it broke', 7, now(), now(), now())`, [
    schema,
    copy,
    id.encode(),
  ]);
});

browser.test(
  'what is parked can be read by everybody, and with keys alone its commands are copied and its place is opened',
  async (t, visit) => {
    const visitor = await visit(pagesOf(database), { permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = visitor;
    await visitor.open('/projections');
    await visitor.settled();
    await tabTo(page, page.getByText('Pass over this event'));
    await page.keyboard.press('Enter');
    const command = `maestro projections skip owners ${id.hex} --sequence 2 --schema ${database.schema} --reason`;
    t.true(await page.getByText(command).isVisible());
    t.deepEqual(await readingFaults(page), []);
    t.deepEqual(await keyboardFaults(page), []);

    const copy = page.locator(`[data-copy="${command}"]`);
    await tabTo(page, copy);
    await page.keyboard.press('Enter');
    await copy.getByText('Copied').waitFor();
    // Again while it still says so.
    await page.keyboard.press('Enter');
    t.is(await page.evaluate('navigator.clipboard.readText()'), command);
    await copy.filter({ hasText: /^\s*Copy\s*$/ }).waitFor();

    await tabTo(page, page.locator('.parked').getByRole('link'));
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/aggregate/${id.hex}?at=2`);
    t.deepEqual(visitor.problems, []);
  },
);

browser.test('where the browser has no clipboard for a page, a command is selected', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await page.addInitScript(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`);
  await visitor.open('/projections');
  await page.getByRole('contentinfo').getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Selected' }).waitFor();
  t.is(await page.evaluate('String(getSelection())'), `maestro projections status --schema ${database.schema}`);
  t.deepEqual(visitor.problems, []);
});
