import test, { type ExecutionContext } from 'ava';
import { openDatabase } from '../../../src/connection/open-database.js';
import { defineAggregate } from '../../../src/index.js';
import { SCREENS } from '../../../src/ui/screens.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { aHistoryOf } from '../../support/data/histories.js';
import { useTestDatabase } from '../../support/database.js';
import { readingFaults } from '../../support/ui/axe.js';
import { useBrowser, type Visitor } from '../../support/ui/browser.js';
import { LedgerAccount } from '../../support/ui/ledger-account.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const [filled, empty] = [useTestDatabase(test), useTestDatabase(test)];
const partitioned = useTestDatabase(test, { partitions: 16 });
const bare = useTestDatabase(test, { migrated: false });
const browser = useBrowser(test);
const NAVIGATION = SCREENS.flatMap(({ navigation }) => navigation?.path ?? []);
const NOWHERE = '01a2077042bc00000000000000000001';

/** Looks whether pages have a status, and whether everybody can read them. */
async function looked(t: ExecutionContext, visitor: Visitor, status: number, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    t.is(await visitor.open(path), status, path);
    await visitor.settled();
    t.deepEqual(await readingFaults(visitor.page), [], path);
  }
  t.deepEqual(visitor.problems, []);
}

browser.test('where nothing is, it says so in a way that everybody can read', async (t, visit) => {
  await looked(t, await visit(pagesOf(empty)), 200, [
    ...NAVIGATION,
    '/find',
    '/verify?run=1',
    '/search?type=none&where=$.a == 1',
    '/live?type=none&paused=yes',
  ]);
  await looked(t, await visit(pagesOf(empty, { aggregates: [LedgerAccount] })), 200, ['/check', '/check?run=1']);
});

browser.test('what is not found or not understood is told in a way that everybody can read', async (t, visit) => {
  const id = anId();
  const event = anEvent();
  await filled.store().commitEvents([...aHistory(id, 3), event]);
  const visitor = await visit(pagesOf(filled, { aggregates: [LedgerAccount], label: 'production' }));
  await looked(t, visitor, 404, [
    '/nothing',
    `/event/${NOWHERE}`,
    `/aggregate/${NOWHERE}`,
    `/aggregate/${event.timestamp.hex}`,
    `/find?q=${NOWHERE}`,
    '/find?q=ada0',
    `/find?q=${id.hex} 999`,
  ]);
  await looked(t, visitor, 400, [
    '/event/none',
    '/aggregate/none',
    `/aggregate/${id.hex}?at=x`,
    `/aggregate/${id.hex}?time=whenever`,
    `/aggregate/${id.hex}?path=balance`,
    '/search?where=$.a = 1&since=whenever',
    `/compare?id=${id.hex}&id=x&after=1`,
    '/live?aggregate=none',
    '/verify?since=whenever',
    '/check?sample=x',
  ]);
});

browser.test(
  'that a database is away, or has no tables, is told in a way that everybody can read',
  async (t, visit) => {
    const nowhere = await openDatabase({ url: 'postgres://ada:secret@127.0.0.1:1/app', timeout: 60_000 });
    t.teardown(() => nowhere.close());
    const asking = NAVIGATION.filter((path) => !['/compare', '/verify', '/check'].includes(path));
    const alone = await visit(pagesOf(nowhere));
    await looked(t, alone, 503, [...asking, `/event/${NOWHERE}`, `/aggregate/${NOWHERE}`]);
    await alone.open('/live');
    await alone.page.locator('#live-status').getByText('Trying again until it is back.').waitFor();
    const visitor = await visit(pagesOf(bare));
    for (const path of [...NAVIGATION, '/verify?run=1', `/event/${NOWHERE}`]) {
      await visitor.open(path);
      await visitor.settled();
      t.deepEqual(await readingFaults(visitor.page), [], path);
      t.notRegex(await visitor.page.locator('main').innerText(), /This is a defect/, path);
    }
  },
);

browser.test('what several can be meant by is a list that everybody can read', async (t, visit) => {
  const { timestamp } = anEvent();
  // The same timestamp is refused within a partition only.
  for (let made = 0; made < 3;) {
    const commit = partitioned.store().commitEvents([anEvent(anId(), { timestamp })]);
    made += await commit.then(
      ({ ok }) => Number(ok),
      () => 0,
    );
  }
  const owned = await aHistoryOf(partitioned.store(), [{ type: 'opened', body: { name: 'Ada' } }]);
  const Second = defineAggregate({
    name: 'second',
    initialState: () => ({}),
    commands: {},
    events: { opened: (state) => state },
    owns: { firstEvents: ['opened'] },
  });
  const visitor = await visit(pagesOf(partitioned, { aggregates: [LedgerAccount, Second] }));
  await looked(t, visitor, 200, [`/event/${timestamp.toString()}`, `/find?q=${timestamp.toString()}`]);
  await looked(t, visitor, 404, [`/aggregate/${timestamp.hex}`, `/event/${timestamp.hex}?aggregate=${NOWHERE}`]);
  await looked(t, visitor, 400, [`/aggregate/${owned.hex}`]);
  await visitor.page.getByRole('link', { name: 'second' }).click();
  await visitor.page.waitForURL(`**/aggregate/${owned.hex}?as=second`);
  t.deepEqual(visitor.problems, []);
});
