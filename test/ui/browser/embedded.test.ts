import test from 'ava';
import { Account, fillWithBank } from '../../../scripts/support/sample-bank.js';
import { sampleScreens } from '../../../scripts/support/sample-screens.js';
import { useEmbeddedDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useEmbeddedDatabase(test);
const browser = useBrowser(test);

browser.test('every screen shows the embedded database, too', async (t, visit) => {
  const bank = await fillWithBank(database.get().store, Date.now(), 20);
  const visitor = await visit(pagesOf(database.get(), { aggregates: [Account] }));

  for (const [name, path] of Object.entries(sampleScreens(bank))) {
    t.is(await visitor.open(path), 200, name);
    await visitor.settled();
    t.true(await visitor.page.locator('h1').isVisible(), name);
  }
  t.deepEqual(visitor.problems, []);
});
