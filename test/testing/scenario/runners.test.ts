import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { useTemporaryFolder } from '../../support/database.js';

/** The runners: how each is imported and started, and what it prints when two of four tests have passed. */
const RUNNERS = {
  'node:test': {
    imports: "import test from 'node:test';",
    start: ['--test'],
    passed: /^. pass 2\n. fail 2$/m,
  },
  AVA: {
    imports: "import test from 'ava';",
    start: ['node_modules/ava/entrypoints/cli.mjs'],
    passed: /2 tests failed/,
  },
  Vitest: {
    imports: "import { test } from 'vitest';",
    start: ['node_modules/vitest/vitest.mjs', 'run', '--no-cache'],
    passed: /Tests +2 failed \| 2 passed/,
  },
  Jest: {
    imports: "import { test } from '@jest/globals';",
    start: [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--cacheDirectory=cache',
      '--testMatch=**/*.test.mjs',
      '--testPathIgnorePatterns=/none/',
      '--runTestsByPath',
    ],
    passed: /Tests: +2 failed, 2 passed/,
  },
} as const;

const TESTS = `import { defineAggregate } from 'maestro-store';
import { scenario } from 'maestro-store/testing';

const Account = defineAggregate({
  name: 'account',
  initialState: () => ({ balance: 0 }),
  commands: {
    withdraw: (state, { amount }, { reject }) =>
      amount > state.balance ? reject('not_enough_money') : [{ type: 'withdrawn', body: { amount } }],
  },
  events: {
    deposited: (state, { amount }) => ({ balance: state.balance + amount }),
    withdrawn: (state, { amount }) => ({ balance: state.balance - amount }),
  },
});
const account = scenario(Account).given({ type: 'deposited', body: { amount: 10 } });

test('holds', () => {
  account.when({ type: 'withdraw', data: { amount: 5 } }).then({ type: 'withdrawn', body: { amount: 5 } });
});
test('holds, and is returned', () =>
  account.when({ type: 'withdraw', data: { amount: 50 } }).thenRejected('not_enough_money'));
test('does not hold', () => {
  const decision = account.when({ type: 'withdraw', data: { amount: 7 } });
  decision.then({ type: 'withdrawn', body: { amount: 8 } });
});
test('is forgotten', () => account.when({ type: 'withdraw', data: { amount: 7 } }));
`;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = useTemporaryFolder(test);
test.before(() => {
  mkdirSync(join(folder, 'node_modules'));
  for (const [name, path] of [
    ['maestro-store', root],
    ...['ava', 'vitest', 'jest', '@jest'].map((name) => [name, join(root, 'node_modules', name)] as const),
  ] as const)
    symlinkSync(path, join(folder, 'node_modules', name), 'junction');
  // AVA alone wants to be told that a test may do without its own assertions.
  const manifest = { name: 'a-project', private: true, type: 'module', ava: { failWithoutAssertions: false } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
});

for (const [name, { imports, start, passed }] of Object.entries(RUNNERS))
  test(`a scenario runs with ${name}, whose report has the difference once, and the line of the test`, async (t) => {
    const file = `${name.replace(/\W/g, '-')}.test.mjs`;
    writeFileSync(join(folder, file), `${imports}\n${TESTS}`);
    const line = TESTS.slice(0, TESTS.indexOf('decision.then')).split('\n').length + 1;

    const { code, output } = await outcomeOf([...start, file]);

    t.is(code, 1, output);
    t.regex(output, passed);
    t.regex(output, /- expected\s+\+ actual\s+withdrawn \{\n *- +amount: 8\n *\+ +amount: 7\n *\}/);
    t.true(output.includes(`${file}:${line}:`), output);
    t.regex(output, /but nothing is expected of it: add then\(\)/);
    t.notRegex(output, /"amount": 8/, 'a second difference, by the runner');
  });

/** Runs Node.js in the project; what it prints, without colours. */
function outcomeOf(argv: readonly string[]): Promise<{ code: unknown; output: string }> {
  const alone = { NODE_OPTIONS: undefined, NODE_TEST_CONTEXT: undefined };
  const env = { ...process.env, ...alone, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: `${stdout}\n${stderr}` }),
    );
  });
}
