import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../test/support/postgres.js';

/** Builds, starts a real PostgreSQL, runs AVA (with the arguments given) and stops the server again. */
const root = fileURLToPath(new URL('..', import.meta.url));

async function node(argv: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

let code = await node(['--import=tsx', 'scripts/build.ts']);
if (code === 0) {
  const postgres = await startPostgres();
  try {
    const ava = fileURLToPath(import.meta.resolve('ava')).replace(/entrypoints.*$/, 'entrypoints/cli.mjs');
    code = await node([ava, ...process.argv.slice(2)], { MAESTRO_TEST_URL: postgres.url, TZ: 'Europe/Berlin' });
  } finally {
    await postgres.stop();
  }
}
process.exit(code);
