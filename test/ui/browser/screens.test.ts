import test from 'ava';
import { Account, fillWithBank } from '../../../scripts/support/sample-bank.js';
import { sampleScreens } from '../../../scripts/support/sample-screens.js';
import { useTestDatabase } from '../../support/database.js';
import { readingFaults } from '../../support/ui/axe.js';
import { useBrowser } from '../../support/ui/browser.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 16 });
const browser = useBrowser(test);

/** The width by which a page exceeds its window. */
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

browser.test(
  'every screen can be read by everybody: names, landmarks and contrast, in light and dark',
  async (t, visit) => {
    const bank = await fillWithBank(database.store());
    const visitor = await visit(pagesOf(database, { aggregates: [Account], label: 'production' }));
    const { page } = visitor;

    for (const [name, path] of Object.entries(sampleScreens(bank))) {
      t.is(await visitor.open(path), 200, name);
      await visitor.settled();
      t.deepEqual(await readingFaults(page), [], name);
      for (const width of [360, 2560]) {
        await page.setViewportSize({ width, height: 800 });
        t.is(await page.evaluate(OVERFLOW), 0, `${name} scrolls sideways in a window of ${width}`);
      }
    }
    t.deepEqual(visitor.problems, []);
  },
);
