import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(root + file, 'utf8');

/** Each file that a page names in code, with the titles in quotation marks that follow it. */
function references(page: string): { file: string; titles: string[] }[] {
  return [...page.matchAll(/`((?:test|src)\/[^`]+\.ts)`((?:[:,]?\s+"[^"]+")*)/g)].map(([, file = '', titles = '']) => ({
    file,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title.replace(/\s+/g, ' ')),
  }));
}

/** The titles of a file as they are written there, each `${…}` as …, as the pages have them. */
function titlesOf(file: string): string[] {
  const calls =
    /\b(?:test|testProp|promise|onOneServer)(?:\.serial)?\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;
  return [...read(file).matchAll(calls)].map(([, single, double, template]) =>
    (single ?? double ?? template ?? '').replace(/\\(.)/g, '$1').replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '…'),
  );
}

for (const page of ['docs/guarantees.md', 'docs/security.md'])
  test(`every test that ${page} names is there`, (t) => {
    const named = references(read(page));
    t.true(named.length > 20);
    for (const { file, titles } of named) {
      t.true(existsSync(root + file), file);
      const known = titlesOf(file);
      for (const title of titles) {
        // A page may write … for more than a value, and it may be of a value that is written out in the title.
        const pattern = new RegExp(`^${title.split('…').map(escaped).join('.*')}$`, 's');
        t.true(
          known.some((text) => pattern.test(text)),
          `${file}: ${title}`,
        );
      }
    }
  });

test('docs/guarantees.md names every file of test/faults', (t) => {
  const page = read('docs/guarantees.md');
  for (const file of readdirSync(`${root}test/faults`).filter((name) => name.endsWith('.test.ts')))
    t.true(page.includes(`test/faults/${file}`), file);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
