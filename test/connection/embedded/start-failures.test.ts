import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execPath, getuid } from 'node:process';
import test from 'ava';
import { exitCodeFor, USAGE } from '../../../src/cli/exit-codes.js';
import { enginePackages } from '../../../src/connection/embedded/packages.js';
import { openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { ConfigurationError } from '../../../src/connection/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { useTemporaryFolder } from '../../support/database.js';
import { useProcesses } from '../../support/children/processes.js';

const folder = useTemporaryFolder(test);
const processes = useProcesses(test, 'start-child.ts');
const dataDir = join(folder, 'data');
/** The user that owns nothing. */
const NOBODY = 65534;

test.serial.before(async () => {
  const database = await openEmbedded(dataDir, { schema: 'public' });
  await migrate(database.knex);
  await database.close();
});

/** Opens and reads the database in a process of its own, started by a command of the shell, and gives what came of it. */
function openedBy(shell: string, path = dataDir): string {
  const { stdout, stderr } = spawnSync('sh', ['-c', shell, 'sh', execPath, processes.file, path], { encoding: 'utf8' });
  return stdout || stderr;
}

const LIMITS = {
  'no WebAssembly': [
    'exec "$1" --jitless "$2" "$3"',
    /^2 .*off in this Node\.js \(--jitless\)\. Start Node\.js without/,
  ],
  'too little memory': ['ulimit -v 4000000; exec "$1" "$2" "$3"', /^4 .*cannot get enough memory .*ulimit -v/],
  'too few open files': ['ulimit -n 40; exec "$1" "$2" "$3"', /^4 .*not open enough files\. .*ulimit -n/],
} as const;

for (const [what, [shell, expected]] of Object.entries(LIMITS))
  test.serial(`${what}: the error says so, and the folder can be opened afterwards`, (t) => {
    const told = openedBy(shell);
    t.regex(told, expected);
    t.notRegex(told, /damaged|backup/);
    t.regex(openedBy('exec "$1" "$2" "$3"'), /^0 /);
  });

for (const name of ['@electric-sql/pglite', 'knex-pglite'])
  test(`without the package ${name}, the error says to install it`, (t) => {
    const missing = (asked: string) => {
      if (asked === name) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
      return {};
    };
    const { engine, dialect } = enginePackages(missing);
    const error = t.throws(name === 'knex-pglite' ? dialect : engine, { instanceOf: ConfigurationError });
    t.regex(error.message, new RegExp(`^The package ${name}, .* is not installed\\.$`));
    t.regex(error.hint ?? '', new RegExp(`npm install ${name}`));
    t.is(exitCodeFor(error), USAGE);
  });

// Only the superuser can give files away. Another user could not enter a checkout in the superuser's own folder, so the process
// stays the superuser, without the right to read and write what belongs to others.
const isRoot = getuid?.() === 0 && existsSync('/usr/bin/setpriv');
const AS_ANY_USER = 'exec setpriv --inh-caps -all --bounding-set -dac_override,-dac_read_search "$1" "$2" "$3"';

/** Gives a folder and all that is in it to the user that owns nothing else. */
function giveAway(path: string): void {
  for (const name of ['', ...readdirSync(path, { recursive: true, encoding: 'utf8' })])
    lchownSync(join(path, name), NOBODY, NOBODY);
}

if (isRoot) {
  test.serial("somebody else's files: the error names the file, and is none of a damaged folder", (t) => {
    t.teardown(() => chmodSync(folder, 0o700));
    chmodSync(folder, 0o777);
    giveAway(dataDir);
    for (const mode of [0o700, 0o755]) {
      chmodSync(dataDir, mode);
      if (existsSync(`${dataDir}.lock`)) chmodSync(`${dataDir}.lock`, 0o666);
      const told = openedBy(AS_ANY_USER);
      t.regex(told, /^2 .*EACCES/);
      t.true(told.includes(dataDir), told);
      t.notRegex(told, /damaged|backup/);
    }
  });

  test.serial('what the superuser reads stays readable for the owner', (t) => {
    const home = join(folder, 'home');
    const theirs = join(home, 'data');
    mkdirSync(home);
    t.regex(openedBy(AS_ANY_USER, theirs), /^0 /);
    giveAway(home);
    t.regex(openedBy('exec "$1" "$2" "$3"', theirs), /^0 /);
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const { uid, mode } = lstatSync(join(home, name));
      t.is(uid, NOBODY, name);
      t.is(mode & 0o600, 0o600, name);
    }
  });
}
