import test from 'ava';
import { HOSTILE_MARKUP, RAW } from '../../support/data/hostile-text.js';
import { useTestDatabase } from '../../support/database.js';
import { useBrowser } from '../../support/ui/browser.js';
import { crawl } from '../../support/ui/crawl.js';
import { fillWithHostileText, Parrot } from '../../support/ui/hostile-log.js';
import { pagesOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test, { partitions: 16 });
const browser = useBrowser(test);

browser.test('no page executes, loads or is broken by what is stored', async (t, visit) => {
  const [id, failing] = await fillWithHostileText(database.store());
  const visitor = await visit(pagesOf(database, { aggregates: [Parrot], label: HOSTILE_MARKUP[4] }));

  const met = await crawl(visitor, ['/', `/aggregate/${id.hex}`, `/aggregate/${failing.hex}?at=9`], 2);

  t.deepEqual(visitor.problems, []);
  for (const { path, status, strange, text } of met) {
    t.true(status < 400, `${path} has the status ${status}`);
    t.deepEqual(strange, [], path);
    t.is(rawText(text), undefined, `${path} shows what would act on a terminal or turn the reading order`);
  }
});

browser.test('no page executes, loads or is broken by what its address says', async (t, visit) => {
  const visitor = await visit(pagesOf(database));
  const paths = HOSTILE_MARKUP.slice(0, 6).map(encodeURIComponent).flatMap(addressesWith);

  const met = await crawl(visitor, paths, 0);

  t.deepEqual(visitor.problems, []);
  for (const { path, status, strange } of met) {
    t.true(status < 500, `${path} has the status ${status}`);
    t.deepEqual(strange, [], path);
  }
});

/** The addresses that say a text in every place where one can be said. */
function addressesWith(text: string): string[] {
  return [
    `/${text}`,
    `/event/${text}`,
    `/find?q=${text}`,
    `/search?type=${text}&where=${text}&text=${text}&since=${text}&until=${text}&order=${text}&after=${text}`,
    `/search?text=${text}`,
    `/live?type=${text}`,
    `/live?aggregate=${text}`,
    `/verify?since=${text}&aggregate=${text}`,
    `/check?sample=${text}`,
  ];
}

/** The first character of a text that does more than show, with what is around it. */
function rawText(text: string): string | undefined {
  const shown = text.replace(/[\n\t]/g, ' ');
  const index = shown.search(RAW);
  return index < 0 ? undefined : JSON.stringify(shown.slice(Math.max(0, index - 60), index + 20));
}
