import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'ava';
import type { CliResult } from '../support/cli/cli.js';
import { useTemporaryFolder } from '../support/database.js';
import { outcomeOf, startProgram } from '../support/cli/program.js';

const folder = useTemporaryFolder(test);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Makes the embedded database of a name in a process with these flags of Node.js. */
function migrate(name: string, nodeFlags: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  return outcomeOf(startProgram(['migrate', '--data-dir', 'data'], { cwd, env, nodeFlags }));
}

test('where the permission model of Node.js is on, the flag that is missing is named, and with it all works', async (t) => {
  const cwd = join(realpathSync(folder), 'permission');
  mkdirSync(cwd, { recursive: true });
  const flags = [PERMISSION, '--no-warnings', `--allow-fs-read=${ROOT}`, `--allow-fs-read=${cwd}`];
  const asked: string[] = [];
  const untilItWorks = async (argv: readonly string[]) => {
    for (;;) {
      const { code, stderr } = await outcomeOf(startProgram(argv, { cwd, env: {}, nodeFlags: flags }));
      if (code === 0) return;
      const [, flag = ''] =
        /error: The permission model of Node\.js does not allow .*\nhint: Add (\S+) to the flags/.exec(stderr) ?? [];
      t.deepEqual([code, asked.includes(flag)], [4, false], stderr);
      asked.push(flag);
      flags.push(flag);
    }
  };
  await untilItWorks(['migrate', '--data-dir', 'data']);
  const forDatabase = asked.filter((flag) => flag !== '--allow-fs-read=/etc/alpine-release');
  t.deepEqual(forDatabase, [`--allow-fs-write=${cwd}`, '--allow-addons']);
  const elsewhere = join(realpathSync(folder), 'elsewhere');
  mkdirSync(elsewhere);
  flags.push(`--allow-fs-read=${elsewhere}`);
  await untilItWorks(['export', '--data-dir', 'data', '--file', join(elsewhere, 'all.ndjson')]);
  t.is(asked.at(-1), `--allow-fs-write=${elsewhere}`);
  t.deepEqual(readdirSync(elsewhere), ['all.ndjson']);
  const pages = startProgram(['ui', '--data-dir', 'data', '--port', '0'], { cwd, env: {}, nodeFlags: flags });
  const { code, stderr } = await outcomeOf(pages);
  t.is(code, 4);
  t.regex(stderr, /does not allow worker threads\.\nhint: Add --allow-worker to the flags/);
});

test('without a binary of the addon the command flock locks; without that, too, it is said what to install', async (t) => {
  // As on Alpine, where no binary fits: the module is there, and loading it fails.
  const hooks = `export async function resolve(specifier, context, next) {
    if (specifier === 'fs-native-extensions') throw new Error('Error loading shared library ld-linux-x86-64.so.2');
    return next(specifier, context);
  }`;
  const file = join(folder, 'without-addon.mjs');
  writeFileSync(
    file,
    `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));`,
  );
  const flags = [`--import=${pathToFileURL(file).href}`];
  const refused = await migrate('nothing', flags, { PATH: '/nowhere' });
  t.is(refused.code, 4, refused.stderr);
  t.regex(
    refused.stderr,
    /error: The embedded database cannot be locked: the addon .* and the command `flock` is not there either\.\nhint: On Linux install `flock`/,
  );
  if (process.platform !== 'linux') return;
  const made = await migrate('command', flags);
  t.is(made.code, 0, made.stderr);
});
