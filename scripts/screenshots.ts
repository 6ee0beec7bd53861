import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import knexFactory from 'knex';
import { chromium as driver, type Page } from 'playwright-core';
import { migrate } from '../src/store/migrate/migrator.js';
import { PostgresStore } from '../src/store/postgres-store.js';
import { uiHandler } from '../src/ui/index.js';
import { chromium, CHROMIUM_FLAGS, NO_CHROMIUM } from './support/chromium.js';
import { startPostgres } from './support/postgres.js';
import { Account, fillWithBank } from './support/sample-bank.js';
import { sampleScreens } from './support/sample-screens.js';
import { servePages } from './support/serve-pages.js';

/** Takes a picture of every screen, light and dark, for `docs/ui.md`: `npm run screenshots`. */
const folder = fileURLToPath(new URL('../docs/ui/', import.meta.url));
const SIZE = { width: 1120, height: 720 };
/** Of a picture: enough to read it, few enough bytes to keep in a repository. */
const QUALITY = 40;
const NOW = Date.UTC(2026, 2, 12, 15);

const executablePath = chromium();
if (executablePath === undefined) throw new Error(`No picture can be taken: ${NO_CHROMIUM}`);
const postgres = await startPostgres([]);
const knex = knexFactory({ client: 'pg', connection: postgres.url });
const browser = await driver.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
try {
  await migrate(knex);
  const store = new PostgresStore(knex);
  const bank = await fillWithBank(store, NOW);
  const location = 'postgres://ops@db.example.org/bank';
  const database = { knex, store, schema: 'public', embedded: false, location };
  const served = await servePages(uiHandler({ database, aggregates: [Account], label: 'production' }));
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme, viewport: SIZE, timezoneId: 'UTC', locale: 'en-GB' });
    for (const [name, path] of Object.entries(sampleScreens(bank))) {
      await page.goto(served.origin + path);
      await page.locator('[data-load], [aria-busy="true"]').first().waitFor({ state: 'detached' });
      writeFileSync(join(folder, `${name}-${colorScheme}.webp`), await picture(page));
    }
    await page.close();
  }
  await served.close();
} finally {
  await browser.close();
  await knex.destroy();
  await postgres.stop();
}

async function picture(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  await session.detach();
  return Buffer.from(data, 'base64');
}
