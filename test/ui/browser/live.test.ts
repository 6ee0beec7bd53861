import test from 'ava';
import type { UiHandler } from '../../../src/ui/index.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { useBrowser, type Visitor } from '../../support/ui/browser.js';
import { tabTo } from '../../support/ui/keyboard.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const [database, broken, renewed] = [useTestDatabase(test), useTestDatabase(test), useTestDatabase(test)];
const browser = useBrowser(test);

/** The sequences of the events that a page shows, from above. */
const shown = ({ page }: Visitor) => page.locator('#live tbody td.number').allInnerTexts();
const status = ({ page }: Visitor, text: string) => page.locator('#live-status').getByText(text).waitFor();
const waiting = ({ page }: Visitor, text: string) => page.getByText(text, { exact: true }).waitFor();
const commit = (to: TestDatabase, events: ReturnType<typeof aHistory>) => to.store().commitEvents(events);

browser.test('with keys alone: filter, pause, see how many wait, and go on', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  const history = aHistory(anId(), 9).map((event, index) => ({ ...event, type: index === 7 ? 'odd' : 'even' }));
  await commit(database, history.slice(0, 2));
  await visitor.open('/live');
  await status(visitor, 'Live: new events appear by themselves.');

  await tabTo(page, page.getByLabel('Type'));
  await page.keyboard.type('even');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/live?type=even*');
  await status(visitor, 'Live: new events appear by themselves.');
  await tabTo(page, page.getByRole('button', { name: 'Pause' }));
  await page.keyboard.press('Enter');
  await status(visitor, 'Paused.');
  t.true(page.url().endsWith('&paused=yes'));
  await commit(database, history.slice(2, 3));
  await waiting(visitor, '1 new event waits.');
  await commit(database, history.slice(3, 8));
  await waiting(visitor, '5 new events wait.');
  t.deepEqual(await shown(visitor), ['2', '1']);

  await page.keyboard.press('Space');
  await status(visitor, 'Live: new events appear by themselves.');
  t.deepEqual(await shown(visitor), ['7', '6', '5', '4', '3', '2', '1']);
  t.is(await page.locator('#live-waiting').innerText(), '');
  t.false(page.url().includes('paused'));
  await commit(database, history.slice(8));
  await page.getByRole('link', { name: '9', exact: true }).waitFor();
  await tabTo(page, page.getByRole('link', { name: '9', exact: true }));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/event/${history[8]?.timestamp.toString()}`);
  t.deepEqual(visitor.problems, []);
});

browser.test('a paused page stays as it was when it is loaded again, and when its stream breaks', async (t, visit) => {
  let breaking = new AbortController();
  const pages = pagesOf(broken);
  const fragile: UiHandler = (request) =>
    pages(request.url.includes('/stream') ? new Request(request.url, { signal: breaking.signal }) : request);
  const visitor = await visit(fragile);
  const { page } = visitor;
  const history = aHistory(anId(), 8);
  await commit(broken, history.slice(0, 3));
  await visitor.open('/live?paused=yes');
  await status(visitor, 'Paused.');
  await commit(broken, history.slice(3, 5));
  await waiting(visitor, '2 new events wait.');
  t.deepEqual(await shown(visitor), ['3', '2', '1']);

  const cut = breaking;
  breaking = new AbortController();
  cut.abort();
  await status(visitor, 'Maestro does not answer.');
  await commit(broken, history.slice(5, 7));
  await waiting(visitor, '4 new events wait.');
  await status(visitor, 'Paused.');
  t.deepEqual(await shown(visitor), ['3', '2', '1']);
  await commit(broken, history.slice(7));
  await waiting(visitor, '5 new events wait.');
  await page.getByRole('button', { name: 'Go on' }).click();
  t.deepEqual(await shown(visitor), ['8', '7', '6', '5', '4', '3', '2', '1']);
  await status(visitor, 'Live: new events appear by themselves.');
});

browser.test(
  'a page of a server that was started again says to open the new address, and then goes on',
  async (t, visit) => {
    let breaking = new AbortController();
    const pages = pagesOf(renewed);
    let isAdmitted = true;
    const visitor = await visit(async (request) => {
      if (!isAdmitted) return new Response('no', { status: 401 });
      return await pages(
        request.url.includes('/stream') ? new Request(request.url, { signal: breaking.signal }) : request,
      );
    });
    await visitor.open('/live');
    await status(visitor, 'Live: new events appear by themselves.');

    isAdmitted = false;
    breaking.abort();
    await status(visitor, 'open the new address that maestro ui has printed, and then go on here.');
    t.notRegex(await visitor.page.locator('#live-status').innerText(), /Trying again/);

    isAdmitted = true;
    breaking = new AbortController();
    await visitor.page.getByRole('button', { name: 'Go on' }).click();
    await status(visitor, 'Live: new events appear by themselves.');
  },
);
