import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { TEMPLATE } from '../src/connection/embedded/create-data-folder.js';

/**
 * Makes the prepared data folder of the embedded database with PGlite's initdb, which takes seconds in WASM. Made again
 * only when PGlite's version has changed.
 */
export async function makeEmbeddedTemplate(folder: string): Promise<void> {
  const version = pgliteVersion();
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
