import { fileURLToPath } from 'node:url';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { allTests, testGroups } from '../../scripts/support/test-groups.js';
import { FileTurns } from '../support/grouped/turns.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every test file is in one group, and what measures its process in one of its own', (t) => {
  const tests = allTests(root);
  const groups = testGroups(root, tests);
  const files = groups.flatMap((group) => group.files);
  t.deepEqual(files.map((file) => `test/${file}.test.ts`).sort(), tests);
  t.is(new Set(groups.map(({ name }) => name)).size, groups.length);
  t.true(groups.some((group) => group.files.join() === 'aggregate/memory'));
  t.true(groups.length < tests.length / 5, `${groups.length} groups of ${tests.length} files`);
});

testProp(
  'tests of one file run side by side, those of another after all of them, whatever order they come in',
  [fc.array(fc.record({ file: fc.constantFrom('a', 'b', 'c'), ticks: fc.nat(3) }), { maxLength: 20 })],
  async (t, tests) => {
    const turns = new FileTurns();
    const told: string[] = [];
    turns.onTurn = (file) => told.push(file);
    const inside: string[] = [];
    let most = 0;
    await Promise.all(
      tests.map(async ({ file, ticks }) => {
        await turns.enter(file);
        inside.push(file);
        most = Math.max(most, inside.length);
        t.deepEqual([...new Set(inside)], [turns.file]);
        for (let tick = 0; tick < ticks; tick += 1) await new Promise(setImmediate);
        inside.splice(inside.indexOf(file), 1);
        turns.leave();
      }),
    );
    const files = [...new Set(tests.map(({ file }) => file))];
    t.deepEqual(told, files);
    const alike = Math.max(0, ...files.map((file) => tests.filter((each) => each.file === file).length));
    t.true(most <= alike);
  },
);
