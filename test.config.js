import { readFileSync } from 'node:fs';

/** AVA's settings of `package.json` for `npm test`, which runs the tests as `scripts/transpile.ts` leaves them. */
const { ava } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default {
  ...ava,
  files: ['build/test/**/*.test.js', 'build/groups/*.test.js'],
  extensions: ['js'],
  require: ['./build/test/support/worker.js'],
  nodeArguments: ['--enable-source-maps', ...ava.nodeArguments.filter((flag) => !flag.startsWith('--import='))],
};
