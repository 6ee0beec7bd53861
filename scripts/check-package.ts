import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Packs the package, runs linters for packages on it, and in an empty project installs it, type-checks it under both module
 * resolutions, imports it and runs it.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'maestro-package-'));

const PROGRAM = `
import { Clock, defineAggregate, MemoryStore, Timestamp, type CommitResult, type Store } from 'maestro-store';
import { scenario, storeContract, type ContractTest } from 'maestro-store/testing';
import { uiHandler, type UiHandler } from 'maestro-store/ui';

const clock: Clock = new Clock();
const store: Store = new MemoryStore();
const aggregateId: Timestamp = clock.now();
const event = { aggregateId, timestamp: clock.now(), sequence: 1, type: 'opened', body: { owner: 'Ada' } };
const result: CommitResult = await store.commitEvents([event]);
const titles: string[] = [];
const collect: ContractTest = (title) => titles.push(title);
storeContract(collect, () => store);
const Door = defineAggregate({
  name: 'door',
  initialState: () => ({ isOpen: false }),
  commands: { open: (door, _data: undefined, { reject }) => (door.isOpen ? reject('open') : [{ type: 'opened', body: {} }]) },
  events: { opened: () => ({ isOpen: true }) },
});
scenario(Door).when({ type: 'open' }).then({ type: 'opened', body: {} }).when({ type: 'open' }).thenRejected('open');
const pages: (options: Parameters<typeof uiHandler>[0]) => UiHandler = uiHandler;
if (!result.ok || titles.length === 0 || pages.length !== 1) throw new Error('the package does not work');
console.log('imported and used');
`;

function run(command: string, argv: string[], cwd: string): string {
  console.log(`$ ${command} ${argv.join(' ')}`);
  return execFileSync(command, argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Checks that the published manifest has no scripts and names its repository, and that ours is unchanged. */
function checkManifest(): void {
  const manifest = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const published = manifest(join(work, 'node_modules/maestro-store/package.json'));
  for (const key of ['scripts', 'devDependencies', 'ava', 'allowScripts'])
    if (key in published) throw new Error(`the published package.json has ${key}`);
  for (const key of ['repository', 'homepage', 'bugs', 'author', 'license', 'engines', 'bin', 'exports'])
    if (!(key in published)) throw new Error(`the published package.json has no ${key}`);
  if (!('scripts' in manifest(join(root, 'package.json')))) throw new Error('package.json was not put back');
}

/** Serves the pages of the embedded database, whose engine has a thread and a file for it, until the address is printed. */
async function servePages(): Promise<void> {
  const argv = ['node_modules/maestro-store/dist/bin/maestro.js', 'ui', '--data-dir', '.maestro/data', '--port', '0'];
  const served = spawn(process.execPath, [...argv, '--no-open'], { cwd: work, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(served, 'close');
  served.stdout.once('data', (address: Buffer) => {
    console.log(address.toString().replace(/token=.*/s, 'token=…'));
    served.kill('SIGINT');
  });
  const [code] = (await ended) as [number | null];
  if (code !== 130) throw new Error(`maestro ui ended with ${code}`);
}

/** Runs the examples in the project that installed the package, as examples/README.md says. */
function runExamples(): void {
  const versions = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const needs = ['tsx', 'zod', 'chess.js', 'hono', '@hono/node-server', '@octokit/webhooks-examples'];
  run(
    'npm',
    ['install', '--no-audit', '--no-fund', ...needs.map((name) => `${name}@${versions.devDependencies[name]}`)],
    work,
  );
  cpSync(join(work, 'node_modules/maestro-store/examples'), join(work, 'examples'), { recursive: true });
  // Named, because without a name the embedded database is not the default under CI.
  const data = ['--data-dir', '.maestro/data'];
  const maestro = (...argv: string[]) => run('npx', ['--no-install', 'maestro', ...argv, ...data], work).trim();
  console.log(run('npx', ['--no-install', 'tsx', 'examples/bank/main.ts'], work).trim());
  console.log(run('npx', ['--no-install', 'tsx', 'examples/webhooks/load.ts', '--copies', '1'], work).trim());
  run(
    'npx',
    ['--no-install', 'tsx', '--test', 'examples/bank/account.test.ts', 'examples/chess/chess-game.test.ts'],
    work,
  );
  const id = maestro('append', 'new', '--file', 'examples/chess/immortal-game.ndjson', '-q');
  console.log(maestro('replay', id, '--max-sequence', '34', '--config', 'examples/chess/maestro.config.ts'));
}

try {
  // With the scripts around it, which build it and take out what is for a checkout.
  run('npm', ['pack', '--pack-destination', work], root);
  const [filename = ''] = readdirSync(work).filter((name) => name.endsWith('.tgz'));
  const tarball = join(work, filename);
  run('npx', ['publint', 'run', tarball, '--strict'], root);
  run('npx', ['attw', tarball, '--profile', 'esm-only'], root);

  writeFileSync(join(work, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', tarball], work);
  checkManifest();
  writeFileSync(join(work, 'program.ts'), PROGRAM);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const flags = ['--strict', '--target', 'es2023', '--skipLibCheck', ...types];
  for (const [module, resolution] of [
    ['esnext', 'bundler'],
    ['nodenext', 'nodenext'],
  ] as const) {
    run(process.execPath, [tsc, ...flags, '--module', module, '--moduleResolution', resolution, 'program.ts'], work);
    console.log(run(process.execPath, ['program.js'], work).trim());
  }
  console.log(run('npx', ['--no-install', 'maestro', '--version'], work).trim());
  console.log(run('npx', ['--no-install', 'maestro', 'migrate', '--data-dir', '.maestro/data'], work).trim());
  await servePages();
  runExamples();
} finally {
  rmSync(work, { recursive: true, force: true });
}
