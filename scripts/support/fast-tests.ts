import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allTests } from './test-groups.js';

/**
 * Tests that take long by where they are: they kill and restart what they test, run whole examples, or are about the
 * embedded database.
 */
const SLOW_FILES = /^test\/(faults|examples)\/|embedded/;

/** Helpers of tests that take long, by file: other processes and servers, embedded databases, and every command there is. */
export const SLOW_HELPERS: Readonly<Record<string, readonly string[]>> = {
  'test/support/children/processes.ts': ['useProcesses'],
  'test/support/cli/sample-commands.ts': ['readingCommands', 'writingCommands'],
  'test/support/cli/program.ts': ['startProgram', 'PROGRAM'],
  'test/support/cli/pseudo-terminal.ts': ['usePseudoTerminals'],
  'test/support/cli/settings-matrix.ts': ['MATRIX'],
  'test/support/data/histories.ts': ['CHESS_CONFIG'],
  'test/support/database.ts': ['useEmbeddedDatabase'],
  'test/support/servers/fault-proxy.ts': ['startFaultProxy'],
  'test/support/ui/browser.ts': ['useBrowser'],
  'scripts/support/postgres.ts': ['startPostgres'],
  // Opening a database in WebAssembly takes a second.
  'src/connection/embedded/embedded.ts': ['openEmbedded'],
  'src/connection/embedded/packages.ts': ['enginePackages'],
};

/** Packages for processes, laws, and types. */
const SLOW_PACKAGES = ['node:child_process', '@fast-check/ava', 'fast-check', 'typescript'];

const SLOW = new RegExp(
  [
    // Opens an embedded database, too: a program or a command that names its folder.
    String.raw`openDatabase\([^)]*\bdataDir\b`,
    "'migrate', '--data-dir'",
    ...Object.values(SLOW_HELPERS)
      .flat()
      .map((name) => `\\b${name}\\b`),
    ...SLOW_PACKAGES.map((name) => `'${name}'`),
  ].join('|'),
);

/**
 * The test files that `npm run test:fast` runs: all but those whose text shows that they take long. So nobody has to
 * enter a new one in a list.
 */
export function fastTests(root: string): string[] {
  return allTests(root)
    .filter((file) => !SLOW_FILES.test(file))
    .filter((file) => !SLOW.test(readFileSync(join(root, file), 'utf8')));
}
