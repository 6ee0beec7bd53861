import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import type { CliResult } from '../support/cli.js';
import { useTemporaryFolder } from '../support/database.js';
import { outcomeOf, startProgram } from '../support/program.js';

const folder = useTemporaryFolder(test);
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
  const cwd = join(folder, 'permission');
  const flags = [PERMISSION, '--no-warnings', '--allow-fs-read=*'];
  const first = await migrate('permission', flags);
  t.is(first.code, 4, first.stderr);
  t.regex(
    first.stderr,
    /error: The permission model of Node\.js does not allow writing .*\nhint: Add --allow-fs-write=\S+ to the flags/,
  );
  flags.push(`--allow-fs-write=${cwd}`);
  const second = await migrate('permission', flags);
  t.is(second.code, 4, second.stderr);
  t.regex(second.stderr, /does not allow the addon that locks .*\nhint: Add --allow-addons to the flags/);
  flags.push('--allow-addons');
  const third = await migrate('permission', flags);
  t.is(third.code, 0, third.stderr);
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
