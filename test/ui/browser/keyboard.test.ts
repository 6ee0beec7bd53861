import test from 'ava';
import { Account, fillWithBank } from '../../../scripts/support/sample-bank.js';
import { sampleScreens } from '../../../scripts/support/sample-screens.js';
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
