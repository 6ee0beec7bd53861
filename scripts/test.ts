import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt } from './support/build-stamp.js';
import { chromium, NO_CHROMIUM } from './support/chromium.js';
import { clusterRuns, NO_CLUSTER, NO_CRASHES } from './support/cluster-tests.js';
import { childSeconds, costTable, ownSeconds, type FileCost } from './support/costs.js';
import { fastTests } from './support/fast-tests.js';
import { allTests, needsCluster, testGroups, writeTestGroups } from './support/test-groups.js';
import { startPostgres } from './support/postgres.js';
import { sharedTmpdir } from './support/server-packages.js';
import { transpile } from './transpile.js';

/**
 * Builds, makes JavaScript of the tests, starts a real PostgreSQL, runs AVA (with the arguments given, in which tests
 * are called by their sources and `--fast` stands for all that are fast), stops the server again, and prints what the
 * run has cost: the ten dearest files, with `MAESTRO_TEST_COSTS=all` every file.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

async function node(argv: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** The processor time of the children that have ended since this was asked last. */
function sinceLast(): number {
  const now = childSeconds();
  const since = now - known;
  known = now;
  return since;
}
let known = childSeconds();

/**
 * Settings of the server of the run, which outlives nothing: it writes no more than it must, as far as `maestro doctor` does not
 * find fault with it, and there are connections enough for the files that AVA runs at once.
 */
const SERVER_FLAGS = ['fsync=off', 'wal_level=minimal', 'max_wal_senders=0', 'max_connections=500'].flatMap(
  (setting) => ['-c', setting],
);

const cluster = process.env['MAESTRO_TEST_CITUS_URL'];

let code = isBuilt(root) ? 0 : await node(['--import=tsx', 'scripts/build.ts']);
const build = sinceLast();
if (code === 0) {
  await transpile(root, 'build');
  // All that the run makes is below one folder, which is gone however the run ends.
  const work = mkdtempSync(join(sharedTmpdir(), 'maestro-run-'));
  process.on('exit', () => rmSync(work, { recursive: true, force: true }));
  chmodSync(work, 0o711);
  const notes = join(work, 'costs.ndjson');
  const postgres = await startPostgres(SERVER_FLAGS, { below: work });
  const preparation = sinceLast();
  let tests = 0;
  try {
    const ava = fileURLToPath(import.meta.resolve('ava')).replace(/entrypoints.*$/, 'entrypoints/cli.mjs');
    const words = process.argv.slice(2).filter((word) => word !== '--fast');
    const built = (word: string) =>
      word.replace(/^(?:\.[\\/])?test(?=$|[\\/])/, 'build/test').replace(/^(build[\\/]test.*)\.ts$/, '$1.js');
    const isNamed = words.some((word) => !word.startsWith('-'));
    const fast = process.argv.includes('--fast');
    const groups = isNamed ? [] : writeTestGroups(root, testGroups(root, fast ? fastTests(root) : allTests(root)));
    const run = (argv: readonly string[], env: NodeJS.ProcessEnv) =>
      node([ava, '--config', 'test.config.js', ...argv], {
        MAESTRO_TEST_COSTS: notes,
        TMPDIR: work,
        TZ: 'Europe/Berlin',
        ...env,
      });
    const here = words.filter((word) => !needsCluster(word));
    if (!isNamed || here.some((word) => !word.startsWith('-')))
      code = await run([...here.map(built), ...groups], { MAESTRO_TEST_URL: postgres.url });
    const onCluster = cluster === undefined || fast ? [] : await clusterRuns(root, cluster, words);
    for (const { files, env } of onCluster) {
      console.log(`\nOn a Citus cluster, through ${new URL(env.MAESTRO_TEST_URL).host}:`);
      code = (await run(['--concurrency', '1', ...files.map(built)], env)) || code;
    }
    tests = sinceLast();
  } finally {
    await postgres.stop();
  }
  const files = existsSync(notes)
    ? readFileSync(notes, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as FileCost)
    : [];
  const sum = (part: 'own' | 'children') => files.reduce((total, file) => total + file[part], 0);
  const shares = {
    build,
    'JavaScript of the tests, and this script': ownSeconds(),
    'test files': sum('own'),
    'processes that test files started': sum('children'),
    AVA: Math.max(0, tests - sum('own') - sum('children')),
    'PostgreSQL of the run': preparation + sinceLast(),
  };
  console.log(`\n${costTable(files, shares, process.env['MAESTRO_TEST_COSTS'] === 'all' ? Infinity : 10)}`);
  if (cluster === undefined) console.log(`\nNot run: tests on a Citus cluster, because ${NO_CLUSTER}`);
  else if (NO_CRASHES !== undefined) console.log(`\nNot run: crashes of servers of the cluster, because ${NO_CRASHES}`);
  if (chromium() === undefined)
    console.log(`\nNot run: tests of pages in a browser (test/ui/browser), because ${NO_CHROMIUM}`);
}
process.exit(code);
