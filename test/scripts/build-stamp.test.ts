import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isBuilt, markBuilt, sourcesFingerprint } from '../../scripts/support/build-stamp.js';
import { useTemporaryFolder } from '../support/database.js';

const folder = useTemporaryFolder(test);

const CHANGES: Readonly<Record<string, (root: string) => void>> = {
  'a source has changed': (root) => appendFileSync(join(root, 'src/store/append.ts'), '\n'),
  'a source is new': (root) => writeFileSync(join(root, 'src/new.ts'), ''),
  'a source has gone': (root) => rmSync(join(root, 'src/store/append.ts')),
  'a source has another name': (root) => renameSync(join(root, 'src/store/append.ts'), join(root, 'src/store/add.ts')),
  'a migration has changed': (root) => appendFileSync(join(root, 'migrations/index.ts'), '\n'),
  'the way it is built has changed': (root) => appendFileSync(join(root, 'scripts/bundle.ts'), '\n'),
  'another package is installed': (root) => appendFileSync(join(root, 'node_modules/.package-lock.json'), '\n'),
  'what was built has changed': (root) => appendFileSync(join(root, 'dist/src/index.js'), '\n'),
  'a part of what was built has gone': (root) => rmSync(join(root, 'dist/src/index.js')),
  'all of what was built has gone': (root) => rmSync(join(root, 'dist'), { recursive: true }),
};

/** A project that was just built. */
function aProject(name: string): string {
  const root = join(folder, name);
  const files = ['src/store/append.ts', 'migrations/index.ts', 'scripts/bundle.ts', 'dist/src/index.js'];
  for (const file of [...files, 'node_modules/.package-lock.json', 'test/append.test.ts']) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  markBuilt(root, sourcesFingerprint(root));
  return root;
}

test('what was built need not be built again, also when tests have changed', (t) => {
  const root = aProject('unchanged');
  t.true(isBuilt(root));
  appendFileSync(join(root, 'test/append.test.ts'), '\n');
  t.true(isBuilt(root));
});

for (const [title, change] of Object.entries(CHANGES))
  test(`${title}: it is built again`, (t) => {
    const root = aProject(title);
    change(root);
    t.false(isBuilt(root));
  });

test('what changes while it is built is built again', (t) => {
  const root = aProject('during');
  const sources = sourcesFingerprint(root);
  appendFileSync(join(root, 'src/store/append.ts'), '\n');
  markBuilt(root, sources);
  t.false(isBuilt(root));
});
