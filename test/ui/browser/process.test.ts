import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { fillWithBank } from '../../../scripts/support/sample-bank.js';
import { SCREENS } from '../../../src/ui/screens.js';
import { killProgram, startProgram } from '../../support/cli/program.js';
import { anEvent } from '../../support/data/factories.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { untilWaiting, whileLocked } from '../../support/ui/waiting.js';

const database = useTestDatabase(test, { partitions: 16 });
const folder = useTemporaryFolder(test);
const browser = useBrowser(test);

/** The definition of an application that installed the package. */
const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
export default defineConfig({ aggregates: [defineAggregate({ name: 'account', initialState: () => ({ balance: 0 }), commands: {},
  events: { account_opened: (state) => state, money_deposited: ({ balance }, { amount }) => ({ balance: balance + amount }),
    money_withdrawn: ({ balance }, { amount }) => ({ balance: balance - amount }), limit_changed: (state) => state },
  owns: { firstEvents: ['account_opened'] } })] });`;

test.serial.before(() => {
  writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION);
});

/** Starts the built command as a user does, and resolves to the process and the address that it printed. */
async function startUi(t: ExecutionContext) {
  const child = startProgram(['ui', '--no-open', '--port', '0', '--label', 'production'], {
    cwd: folder,
    env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema },
  });
  t.teardown(async () => {
    if (child.exitCode === null) await killProgram(child);
  });
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  if (child.stdout === null) throw new Error('The process has no output.');
  for await (const line of createInterface({ input: child.stdout }))
    return { child, url: new URL(line), complaints: () => complaints };
  throw new Error(`maestro ui ended without an address:\n${complaints}`);
}

browser.test(
  'the address that the command prints admits, and leads through all screens until Ctrl-C',
  async (t, visit) => {
    const bank = await fillWithBank(database.store());
    const { child, url, complaints } = await startUi(t);
    const visitor = await visit(url);
    const { page } = visitor;
    t.is(await visitor.open(url.pathname + url.search), 200);
    t.is(page.url(), `${url.origin}/`);

    const screens = SCREENS.flatMap(({ navigation }) => navigation ?? []);
    for (const { title, path } of screens) {
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: title }).click();
      await page.waitForURL(url.origin + path);
      await visitor.settled();
      t.is(await page.locator('h1').innerText(), title);
      t.true(await page.getByText('production', { exact: true }).isVisible());
    }
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText(/No problem: checked \d[\d,]* events of 300 aggregates/).waitFor();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Live' }).click();
    await page.getByText('Live: new events appear by themselves.').waitFor();
    await database.store().commitEvents([anEvent(undefined, { type: 'seen_at_once' })]);
    await page.getByRole('cell', { name: 'seen_at_once' }).waitFor();
    await visitor.open(`/aggregate/${bank.account.hex}`);
    await page.getByRole('heading', { name: `State after event ${bank.last}` }).waitFor();
    t.deepEqual(visitor.problems, []);

    await whileLocked(database, async () => {
      const asked = t.throwsAsync(visitor.open('/search'));
      await untilWaiting(database, 1);
      const gone = once(child, 'close');
      child.kill('SIGINT');
      t.deepEqual(await gone, [130, null]);
      t.is(complaints(), 'note: serving until Ctrl-C\n');
      await asked;
    });
  },
);
