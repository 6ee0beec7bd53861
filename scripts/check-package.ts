import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Packs the package and uses it as a stranger would: the linters of packages look at it, and in an empty project it is
 * installed, type-checked under both module resolutions, imported and run.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'maestro-package-'));

const PROGRAM = `
import { Clock, MemoryStore, Timestamp, type CommitResult, type Store } from 'maestro-store';
import { storeContract, type ContractTest } from 'maestro-store/testing';

const clock: Clock = new Clock();
const store: Store = new MemoryStore();
const aggregateId: Timestamp = clock.now();
const event = { aggregateId, timestamp: clock.now(), sequence: 1, type: 'opened', body: { owner: 'Ada' } };
const result: CommitResult = await store.commitEvents([event]);
const titles: string[] = [];
const collect: ContractTest = (title) => titles.push(title);
storeContract(collect, () => store);
if (!result.ok || titles.length === 0) throw new Error('the package does not work');
console.log('imported and used');
`;

function run(command: string, argv: string[], cwd: string): string {
  console.log(`$ ${command} ${argv.join(' ')}`);
  return execFileSync(command, argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root),
  ) as [{ filename: string }];
  const tarball = join(work, filename);
  run('npx', ['publint', 'run', tarball, '--strict'], root);
  run('npx', ['attw', tarball, '--profile', 'esm-only'], root);

  writeFileSync(join(work, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', tarball], work);
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
  console.log(run('npx', ['--no-install', 'maestro', 'migrate'], work).trim());
} finally {
  rmSync(work, { recursive: true, force: true });
}
