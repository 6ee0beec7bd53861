import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { fastTests, SLOW_HELPERS } from '../../scripts/support/fast-tests.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the fast tests are some of each shelf, and none that kills, starts processes or has long laws', (t) => {
  const fast = fastTests(root);
  t.true(fast.length > 30);
  for (const shelf of ['admin', 'aggregate', 'cli', 'connection', 'json', 'store'])
    t.true(
      fast.some((file) => file.startsWith(`test/${shelf}/`)),
      shelf,
    );
  for (const slow of ['faults/sigkill', 'examples/bank', 'hlc/clock', 'connection/server/servers', 'cli/process'])
    t.false(fast.includes(`test/${slow}.test.ts`), slow);
});

test('what marks a slow test is there under its name', (t) => {
  for (const [file, names] of Object.entries(SLOW_HELPERS))
    for (const name of names)
      t.regex(
        readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'),
        new RegExp(`^export .*\\b${name}\\b`, 'm'),
      );
});
