import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { cliPages } from '../../scripts/support/cli-docs.js';

const folder = fileURLToPath(new URL('../../docs/cli/', import.meta.url));
const present = (file: string) => (existsSync(folder + file) ? readFileSync(folder + file, 'utf8') : undefined);

test('the pages of docs/cli say what the commands’ help says (`npm run docs` writes it anew)', (t) => {
  const pages = cliPages(present);
  for (const [file, text] of pages) t.is(present(file), text, file);
  t.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort());
});

test('every page of docs/cli says more than the help', (t) => {
  for (const file of readdirSync(folder)) {
    const own =
      present(file)
        ?.replace(/^# .*$|<!-- The help[\s\S]*<!-- End of the help. -->/gm, '')
        .trim() ?? '';
    t.true(own.length > 200, file);
  }
});
