import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Installs what only the benchmark needs, unless it is there, and builds the command that is measured. */
const here = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(`${here}node_modules`)) run(['ci', '--no-audit', '--no-fund'], here);
run(['run', '--silent', 'build'], `${here}..`);

function run(argv, cwd) {
  const { status } = spawnSync('npm', argv, { cwd, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (status !== 0) process.exit(status ?? 1);
}
