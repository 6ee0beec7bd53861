import { readFileSync } from 'node:fs';
import test from 'ava';
import { cliDocs } from '../support/cli-docs.js';

test('docs/cli.md says what the commands’ help says (`npm run docs` writes it anew)', (t) => {
  t.is(readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8'), cliDocs());
});
