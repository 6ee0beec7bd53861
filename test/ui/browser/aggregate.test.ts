import test from 'ava';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { axeViolations } from '../../support/ui/axe.js';
import { useBrowser } from '../../support/ui/browser.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const browser = useBrowser(test);
const id = anId();

test.serial.before(async () => {
  await database.store().commitEvents(aHistory(id, 30));
});

browser.test('the slider changes the state under it, and back goes to where it was let go before', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}`);
  const at = (sequence: number) => page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();
  const slide = (sequence: number, events: readonly string[]) =>
    page.evaluate(`{
      const slider = document.querySelector('#slider');
      slider.value = ${sequence};
      for (const name of ${JSON.stringify(events)}) slider.dispatchEvent(new Event(name, { bubbles: true }));
    }`);

  await slide(12, ['input']);
  await at(12);
  t.is(page.url(), `${visitor.origin}/aggregate/${id.hex}`);
  for (const sequence of [13, 14, 15, 16]) await slide(sequence, ['input']);
  await slide(17, ['input', 'change']);
  await page.waitForURL(`**/aggregate/${id.hex}?at=17`);
  await at(17);
  t.regex(await page.locator('pre.state').innerText(), /~ +"n": 17 +was 16/);
  await page.goBack();
  await at(30);
  t.deepEqual(visitor.problems, []);
});

browser.test('the keys are those of step', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}?at=10`);
  const at = (sequence: number) => page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();
  const press = async (key: string, sequence: number) => {
    await page.keyboard.press(key);
    await at(sequence);
  };

  await press('ArrowRight', 11);
  await press('h', 10);
  await press('m', 10);
  await page.locator('[data-step="unpin"] a').waitFor();
  await press('End', 30);
  t.is(new URL(page.url()).search, '?at=30&pin=10');
  t.regex(await page.locator('.pane.state').innerText(), /1 change since event 10/);
  await page.keyboard.press('d');
  await page.locator('[data-step="unpin"]').waitFor({ state: 'detached' });
  await press('Home', 0);
  await page.keyboard.press('/');
  t.is(await page.evaluate('document.activeElement.id'), 'find-text');
  await page.keyboard.type('21');
  await page.keyboard.press('Enter');
  await at(21);
  t.is(new URL(page.url()).search, '?at=21&find=21');
  t.deepEqual(visitor.problems, []);
});

browser.test('links and forms around the point lead from where it was moved to', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}?at=10&path=/n`);
  const search = () => new URL(page.url()).search;
  const at = (sequence: number) => page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();

  await page.keyboard.press('ArrowLeft');
  await at(9);
  await page.keyboard.press('m');
  await page.locator('[data-step="unpin"] a').waitFor();
  await page.keyboard.press('ArrowLeft');
  await at(8);
  t.is(await page.locator('#changes [aria-current]').innerText(), '8');
  await page.getByRole('link', { name: 'Slide by time' }).click();
  await page.waitForURL('**by=time**');
  t.is(search(), '?at=8&by=time&path=%2Fn&pin=9');

  await page.keyboard.press('ArrowRight');
  await at(9);
  await page.keyboard.press('d');
  await page.locator('[data-step="unpin"]').waitFor({ state: 'detached' });
  await page.getByLabel('Changes of').fill('/x');
  await page.keyboard.press('Enter');
  await page.waitForURL('**path=%2Fx*');
  t.is(search(), '?at=9&by=time&path=%2Fx');
  await page.getByLabel('Event or time').fill('teatime');
  await page.keyboard.press('Enter');
  await page.getByText('"teatime" is not a sequence or a time').waitFor();
  await at(9);
  t.deepEqual(visitor.problems, []);
});

browser.test('a key of the state leads to the changes of its value: into view, with the focus', async (t, visit) => {
  const visitor = await visit(pagesOf(database), { viewport: { width: 1280, height: 400 } });
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}?at=10`);

  await page.locator('pre.state').getByRole('link', { name: '"n"' }).click();
  await page.waitForURL('**path=%2Fn#changes');

  const changes = page.locator('#changes');
  t.is(await changes.and(page.locator(':focus')).count(), 1);
  t.true(((await changes.boundingBox())?.y ?? 400) < 200);
  await page.getByRole('link', { name: 'Hide the changes of /n' }).click();
  await changes.waitFor({ state: 'detached' });
  t.deepEqual(visitor.problems, []);
});

browser.test('a step is said to screen readers, politely; while it plays, only where it ends', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}?at=20`);
  const said = page.getByRole('status').and(page.locator('#said'));
  await page.evaluate(`{
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.querySelector('#said').textContent))
      .observe(document.querySelector('#said'), { childList: true });
  }`);

  await page.keyboard.press('l');
  await said.getByText('event 21 of 30: happened').waitFor();
  await page.keyboard.press('Home');
  await said.getByText('before the first event of 30').waitFor();
  await page.evaluate(`{
    const slider = document.querySelector('#slider');
    for (const [value, name] of [[24, 'input'], [25, 'input'], [26, 'change']]) {
      slider.value = value;
      slider.dispatchEvent(new Event(name, { bubbles: true }));
    }
  }`);
  await said.getByText('event 26 of 30: happened').waitFor();
  await page.getByRole('button', { name: 'Play' }).click();
  await said.getByText('event 30 of 30: happened').waitFor();

  t.deepEqual(await page.evaluate('window.heard'), [
    'event 21 of 30: happened',
    'before the first event of 30',
    'event 26 of 30: happened',
    'event 30 of 30: happened',
  ]);
  t.deepEqual(visitor.problems, []);
});

browser.test('at the last event it plays from the beginning', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}`);

  await page.getByRole('button', { name: 'Play' }).click();
  await page.locator('#moment[data-sequence="1"]').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  t.deepEqual(visitor.problems, []);
});

browser.test('it plays to the last event', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}?at=28`);

  await page.getByRole('button', { name: 'Play' }).click();
  await page.locator('#moment[data-sequence="30"]').waitFor();
  await page.locator('#play[aria-pressed="false"]').waitFor();

  t.is(new URL(page.url()).search, '?at=30');
  t.deepEqual(visitor.problems, []);
});

browser.test('steps that follow each other are one place to go back from', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  await visitor.open('/search');
  await visitor.open(`/aggregate/${id.hex}?at=1`);
  const before = await page.evaluate<number>('history.length');

  for (let sequence = 2; sequence <= 30; sequence++) {
    await page.keyboard.press('l');
    await page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();
  }
  t.is(await page.evaluate('history.length'), before + 1);
  t.is(new URL(page.url()).search, '?at=30');
  await page.goBack();
  await page.locator('#moment[data-sequence="1"]').waitFor();
  await page.goBack();
  await page.waitForURL('**/search');
  t.deepEqual(visitor.problems, []);
});

browser.test(
  'the pointer brings the slider to the last event by time, and it follows after a drag back and forth',
  async (t, visit) => {
    const visitor = await visit(pagesOf(database));
    const { page } = visitor;
    const uneven = anId();
    const [first, ...rest] = aHistory(uneven, 20);
    if (first === undefined) return t.fail();
    const times = [first.timestamp.time, ...rest.map((_, index) => first.timestamp.time + (index + 1) * 1_000_003)];
    await database.store().commitEvents(
      [first, ...rest].map((event, index) => ({
        ...event,
        timestamp: Timestamp.of({ time: times[index] ?? 0, nodeId: 7n }),
      })),
    );
    await visitor.open(`/aggregate/${uneven.hex}?at=10&by=time`);
    const at = (sequence: number) => page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();
    const box = await page.locator('#slider').boundingBox();
    if (box === null) return t.fail('there is no slider');
    const y = box.y + box.height / 2;

    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 50, y, { steps: 4 });
    await page.mouse.up();
    await at(20);

    await visitor.open(`/aggregate/${uneven.hex}?at=10`);
    const x = (value: number) => box.x + 8 + ((box.width - 16) * value) / 20;
    await page.mouse.move(x(10), y);
    await page.mouse.down();
    await page.mouse.move(x(15), y, { steps: 4 });
    await at(15);
    await page.mouse.move(x(10), y, { steps: 4 });
    await at(10);
    await page.mouse.up();
    await page.keyboard.press('l');
    await at(11);
    t.is(await page.locator('#slider').inputValue(), '11');
    t.deepEqual(visitor.problems, []);
  },
);

browser.test('j, k, gg, d, r and the keys of lists do what the help says', async (t, visit) => {
  const Numbers = defineAggregate({
    name: 'numbers',
    initialState: () => ({}),
    commands: {},
    events: { happened: (_state: object, event: object) => event },
    render: () => 'rendered text',
  });
  const visitor = await visit(pagesOf(database, { aggregates: [Numbers] }));
  const { page } = visitor;
  await visitor.open(`/aggregate/${id.hex}?at=10&as=numbers`);
  const press = async (key: string, sequence: number) => {
    await page.keyboard.press(key);
    await page.locator(`#moment[data-sequence="${sequence}"]`).waitFor();
  };
  const pin = () => new URL(page.url()).searchParams.get('pin');

  await press('j', 11);
  await press('k', 10);
  await page.keyboard.press('d');
  t.is(await page.evaluate('document.activeElement.id'), 'pin-box');
  await page.keyboard.type('teatime');
  await page.keyboard.press('Enter');
  await page.getByText('"teatime" is not a sequence or a time').waitFor();
  t.is(await page.evaluate('document.activeElement.value'), 'teatime');
  await page.locator('#slider').focus();
  await press('l', 11);
  await press('h', 10);
  t.is(pin(), null);
  await page.keyboard.press('d');
  await page.keyboard.type('last');
  await page.keyboard.press('Enter');
  await page.waitForURL('**pin=30**');
  await page.keyboard.press('d');
  await page.locator('[data-step="unpin"]').waitFor({ state: 'detached' });
  await visitor.open(`/aggregate/${id.hex}?at=10&as=numbers`);
  await page.keyboard.press('d');
  await page.keyboard.type('7');
  await page.keyboard.press('Enter');
  await page.waitForURL('**pin=7**');
  await press('l', 11);
  await page.keyboard.press('d');
  await page.locator('[data-step="unpin"]').waitFor({ state: 'detached' });
  t.is(pin(), null);
  await page.keyboard.press('d');
  await page.locator('[data-step="unpin"]').waitFor();
  t.is(pin(), '7');

  const json = page.locator('.pane.state > pre.state');
  await page.keyboard.press('r');
  t.false(await json.isVisible());
  await press('l', 12);
  t.false(await json.isVisible());
  t.true(await page.locator('#rendered').isVisible());
  await page.keyboard.press('r');
  t.true(await json.isVisible());

  await page.locator('.timeline li[aria-current] a').focus();
  await press('ArrowDown', 13);
  await press('PageDown', 23);
  await page.keyboard.press('g');
  await page.keyboard.type('1');
  await page.keyboard.press('Escape');
  await press('l', 24);
  await page.keyboard.press('g');
  await press('g', 0);
  t.is(await page.evaluate('scrollY'), 0);
  t.deepEqual(visitor.problems, []);
});

browser.test('? shows the keys over the page, and Escape or ? hides them; so on other pages', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const { page } = visitor;
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await visitor.open(`/aggregate/${id.hex}?at=10&pin=5`);

  await page.keyboard.press('?');
  await keys.getByText('before the first event').waitFor();
  await page.keyboard.press('l');
  await page.keyboard.press('Escape');
  await keys.waitFor({ state: 'hidden' });
  t.is(new URL(page.url()).search, '?at=10&pin=5');
  await visitor.open('/search');
  await page.getByText('Keys', { exact: true }).click();
  await keys.getByText('choose several').waitFor();
  t.deepEqual(await axeViolations(page), []);
  await page.keyboard.press('?');
  await keys.waitFor({ state: 'hidden' });
  await page.keyboard.press('/');
  await page.keyboard.type('Jean');
  await page.keyboard.press('Escape');
  t.true(await page.evaluate<boolean>('document.activeElement === document.body'));
  t.is(await page.getByRole('searchbox').inputValue(), 'Jean');
  t.deepEqual(visitor.problems, []);
});
