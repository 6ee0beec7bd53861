import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from './support/postgres.js';
import { transpile } from './transpile.js';

/**
 * Builds, makes JavaScript of the tests, starts a real PostgreSQL, runs AVA (with the arguments given, in which tests are called
 * by their sources) and stops the server again.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

async function node(argv: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

let code = await node(['--import=tsx', 'scripts/build.ts']);
if (code === 0) {
  await transpile(root, 'build');
  const postgres = await startPostgres();
  try {
    const ava = fileURLToPath(import.meta.resolve('ava')).replace(/entrypoints.*$/, 'entrypoints/cli.mjs');
    const args = process.argv
      .slice(2)
      .map((word) =>
        word.replace(/^(?:\.[\\/])?test(?=$|[\\/])/, 'build/test').replace(/^(build[\\/]test.*)\.ts$/, '$1.js'),
      );
    code = await node([ava, '--config', 'test.config.js', ...args], {
      MAESTRO_TEST_URL: postgres.url,
      TZ: 'Europe/Berlin',
    });
  } finally {
    await postgres.stop();
  }
}
process.exit(code);
