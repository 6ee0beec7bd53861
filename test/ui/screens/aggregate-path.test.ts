import test from 'ava';
import { useTestDatabase } from '../../support/database.js';
import { aHistoryOf } from '../../support/data/histories.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database);

test('a path lists the events that changed its value, with the value before and after', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'opened', body: { 'a/b': { n: 1 } } },
    { type: 'renamed', body: { name: 'x' } },
    { type: 'raised', body: { 'a/b': { n: 2 } } },
    { type: 'cleared', body: { 'a/b': null } },
  ]);

  const page = await ui.get(`/aggregate/${id.hex}?path=${encodeURIComponent('/a~1b/n')}`);

  const changes = page.html
    .slice(page.html.indexOf('id="changes"'))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
  t.regex(changes, /4 cleared \S+ \S+ 2 absent 3 raised \S+ \S+ 1 2 \+1 1 opened \S+ \S+ absent 1 /);
  t.false(changes.includes('renamed'));
  t.regex(changes, /Events 1 to 4 were looked at/);
});

test('the keys of a state lead to the changes of their values', async (t) => {
  const id = await aHistoryOf(database.store(), [{ body: { 'a/b': { n: 1 }, list: [{ x: 1 }] } }]);

  const { links } = await ui.get(`/aggregate/${id.hex}`);

  for (const path of ['/a~1b', '/a~1b/n', '/list', '/list/0/x'])
    t.true(links.includes(`/aggregate/${id.hex}?${new URLSearchParams({ path }).toString()}#changes`), path);
});

test('many changes come on pages, none twice and none left out', async (t) => {
  const id = await aHistoryOf(
    database.store(),
    Array.from({ length: 450 }, (_, index) => ({ body: index % 5 === 0 ? { n: index } : { other: index } })),
  );

  const seen: number[] = [];
  let address: string | undefined = `/aggregate/${id.hex}?path=/n`;
  while (address !== undefined) {
    const { html } = await ui.get(address);
    const table = html.slice(html.indexOf('id="changes"'));
    seen.push(
      ...[...table.matchAll(/<td class="number"[^>]*><a [^>]*>(\d+)<\/a>/g)].map(([, sequence]) => Number(sequence)),
    );
    address = /<a href="([^"]*)"[^>]*>Earlier ones/.exec(table)?.[1]?.replaceAll('&amp;', '&');
  }

  t.deepEqual(
    seen,
    Array.from({ length: 90 }, (_, index) => 450 - 4 - index * 5),
  );
});

test('a wrong path is said in every part, too: none shows the changes of something else instead', async (t) => {
  const id = await aHistoryOf(database.store(), [{ body: { n: 1 } }]);

  for (const part of ['changes', 'moment', 'state', 'body']) {
    const { status, text } = await ui.get(`/aggregate/${id.hex}?at=1&path=zzz&part=${part}`);
    t.is(status, 400, part);
    t.regex(text, /"zzz" is no path into a state\./, part);
    t.notRegex(text, /Events that changed/, part);
  }
  t.is((await ui.get(`/aggregate/${id.hex}?path=/n&pin=teatime&part=changes`)).status, 400);
});

test('the list begins around the shown event, with the way to later and earlier ones, and has a command for a condition', async (t) => {
  const id = await aHistoryOf(
    database.store(),
    Array.from({ length: 120 }, (_, index) => ({ body: { n: index + 1, 'a b': [{ x: 'y' }] } })),
  );
  const list = async (query: string) => {
    const { html, text } = await ui.get(`/aggregate/${id.hex}?path=/n&${query}`);
    const table = html.slice(html.indexOf('id="changes"'));
    const found = [...table.matchAll(/<td class="number"[^>]*><a [^>]*>(\d+)<\/a>/g)].map(([, sequence]) =>
      Number(sequence),
    );
    return { found, text };
  };
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

  const middle = await list('at=60');
  t.deepEqual(middle.found, down(70, 41));
  t.regex(middle.text, /Events 41 to 70 were looked at\. Later ones Earlier ones/);
  const later = await list('at=60&after=70');
  t.deepEqual(later.found, down(100, 71));
  t.deepEqual((await list('at=60&after=100')).found, down(120, 101));
  t.deepEqual((await list('at=60&upto=40')).found, down(40, 11));
  const end = await list('at=120');
  t.deepEqual(end.found, down(120, 91));
  t.regex(end.text, /Events 91 to 120 were looked at\. Earlier ones/);
  t.true(end.text.includes(`maestro bisect ${id.hex} --where '$.n < 0' --schema ${database.schema}`));
  const text = (await ui.get(`/aggregate/${id.hex}?path=${encodeURIComponent('/a b/0/x')}`)).text;
  t.true(text.includes(`--where '$."a b"[0].x == "y"'`));
});
