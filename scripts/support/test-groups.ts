import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Test files that are run in one process, which is called by its name. */
export interface TestGroup {
  readonly name: string;
  /** Below `test/`, without the ending. */
  readonly files: readonly string[];
}

/** Test files of one process at most: more start fewer processes, but leave less to be done side by side. */
const MOST = 12;

/**
 * Text of test files that need a process of their own: they measure its memory, listen for errors that nobody caught, watch for leaks
 * themselves, have a pooler lose statements (of which a process names a limited number only), or wait for something before they declare
 * their tests.
 */
const ALONE = /memoryUsage|DEALLOCATE|--expose-gc|unhandledRejection|watchForLeaks|^(?:const .* = )?await /m;

/** Groups whose tests wait for servers and processes, and so take long: they begin first, lest a run waits for them at its end. */
const WAITING = /^(?:faults|connection|examples)/;

/** All test files that need no cluster, from the root of the project. */
export function allTests(root: string): string[] {
  return testFiles(root).filter((file) => !needsCluster(file));
}

/** The test files that need a Citus cluster, from the root of the project. */
export function clusterTests(root: string): string[] {
  return testFiles(root).filter(needsCluster);
}

/** True for a test file, or a folder of some, that needs a Citus cluster. */
export function needsCluster(file: string): boolean {
  return /^(?:\.[\\/])?test[\\/]citus(?:[\\/]|$)/.test(file);
}

function testFiles(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file.replaceAll('\\', '/')}`)
    .sort();
}

/**
 * Test files in groups of neighbours: starting a process, loading what a test imports and compiling it takes more than most files do
 * themselves.
 */
export function testGroups(root: string, tests: readonly string[]): TestGroup[] {
  const files = tests.map((file) => file.replace(/^test\//, '').replace(/\.test\.ts$/, ''));
  const alone = files.filter((file) => ALONE.test(readFileSync(join(root, 'test', `${file}.test.ts`), 'utf8')));
  const folders = new Map<string, string[]>();
  for (const file of files.filter((each) => !alone.includes(each))) {
    const folder = file.includes('/') ? (file.split('/')[0] as string) : 'whole';
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [
    ...alone.map((file) => ({ name: file.replaceAll('/', '-'), files: [file] })),
    ...[...folders].flatMap(([folder, members]) => parts(folder, members)),
  ].sort((a, b) => Number(WAITING.test(b.name)) - Number(WAITING.test(a.name)));
}

function parts(folder: string, files: readonly string[]): TestGroup[] {
  const count = Math.ceil(files.length / MOST);
  const size = Math.ceil(files.length / count);
  return Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? folder : `${folder}-${index + 1}`,
    files: files.slice(index * size, (index + 1) * size),
  }));
}

/**
 * Writes the test files of groups into `build/groups`, beside the compiled tests that they import, and has these find
 * `test/support/grouped/ava.ts` when they import AVA. Answers the files.
 */
export function writeTestGroups(root: string, groups: readonly TestGroup[]): string[] {
  const folder = join(root, 'build', 'groups');
  mkdirSync(folder, { recursive: true });
  // Loaded once for each file, by the question in its address.
  writeFileSync(
    join(folder, 'load.js'),
    `import { turns } from '../test/support/grouped/turns.js';
turns.load(new URL(import.meta.url).searchParams.get('file'));
`,
  );
  writePackages(root);
  return groups.map(({ name, files }) => {
    const lines = files.flatMap((file) => [`import './load.js?file=${file}';`, `import '../test/${file}.test.js';`]);
    writeFileSync(join(folder, `${name}.test.js`), `${lines.join('\n')}\n`);
    return `build/groups/${name}.test.js`;
  });
}

/** The packages that the compiled tests find before those of the project: AVA's stand-in, and a copy of what imports AVA. */
function writePackages(root: string): void {
  const packages = join(root, 'build', 'node_modules');
  mkdirSync(join(packages, 'ava'), { recursive: true });
  writeFileSync(join(packages, 'ava', 'package.json'), '{ "type": "module", "exports": "./main.js" }\n');
  writeFileSync(
    join(packages, 'ava', 'main.js'),
    `export { default } from '../../test/support/grouped/ava.js';
export { registerCompletionHandler } from '${import.meta.resolve('ava')}';
`,
  );
  const entry = createRequire(join(root, 'package.json')).resolve('@fast-check/ava');
  const original = entry.slice(0, entry.indexOf('@fast-check')) + join('@fast-check', 'ava');
  for (const file of ['package.json', entry.slice(original.length + 1)]) {
    const copy = join(packages, '@fast-check', 'ava', file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(original, file), copy);
  }
}
