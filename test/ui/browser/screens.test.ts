import test from 'ava';
import { Account, fillWithBank } from '../../../scripts/support/sample-bank.js';
import { sampleScreens } from '../../../scripts/support/sample-screens.js';
import { useTestDatabase } from '../../support/database.js';
import { readingFaults } from '../../support/ui/axe.js';
import { useBrowser } from '../../support/ui/browser.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 16 });
const browser = useBrowser(test);

browser.test(
  'every screen can be read by everybody: names, landmarks, contrast and width, in light and dark',
  async (t, visit) => {
    const bank = await fillWithBank(database.store());
    const visitor = await visit(pagesOf(database, { aggregates: [Account], label: 'production' }));

    for (const [name, path] of Object.entries(sampleScreens(bank))) {
      t.is(await visitor.open(path), 200, name);
      await visitor.settled();
      t.deepEqual(await readingFaults(visitor.page), [], name);
    }
    t.deepEqual(visitor.problems, []);
  },
);
