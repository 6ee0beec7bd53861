import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { TEMPLATE } from '../src/connection/embedded/create-data-folder.js';

/** Goes up with each change to what {@link preparedFolder} does, so that a checkout makes its archive again. */
const RECIPE = 2;

/**
 * Makes the prepared data folder of the embedded database with PGlite's initdb, which takes seconds in WASM. Made again
 * only when PGlite's version or the recipe has changed.
 */
export async function makeEmbeddedTemplate(folder: string): Promise<void> {
  const version = `${pgliteVersion()}, recipe ${RECIPE}`;
  const archive = join(folder, TEMPLATE);
  const stamp = join(folder, 'pglite-version');
  if (existsSync(archive) && existsSync(stamp) && readFileSync(stamp, 'utf8') === version) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${archive}.new`, gzipSync(await preparedFolder(), { level: 9 }));
  renameSync(`${archive}.new`, archive);
  writeFileSync(stamp, version);
}

async function preparedFolder(): Promise<Uint8Array> {
  const work = mkdtempSync(join(tmpdir(), 'maestro-build-'));
  try {
    const database = new PGlite(join(work, 'data'));
    // PGlite uses the database `postgres` only, and cannot make another. Without the two that others are copied from, a new
    // data folder has 371 files instead of 972.
    await database.exec('UPDATE pg_database SET datistemplate = false');
    await database.exec('DROP DATABASE template0');
    await database.exec('DROP DATABASE template1');
    await database.exec('CHECKPOINT');
    const dump = await database.dumpDataDir('none');
    await database.close();
    return new Uint8Array(await dump.arrayBuffer());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function pgliteVersion(): string {
  const entry = fileURLToPath(import.meta.resolve('@electric-sql/pglite'));
  const manifest = join(entry.slice(0, entry.lastIndexOf('dist')), 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
