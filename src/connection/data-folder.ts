import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { ConfigurationError, EmbeddedCorruptError, EmbeddedFolderError } from './errors.js';

/** The file in a data folder that says it is ours. */
export const MARKER = 'maestro.json';
/** The format of our data folders; another one is another version's. */
const FORMAT = 1;
/** The prepared data folder that the build makes. */
export const TEMPLATE = 'pgdata.tar.gz';
/** The version of PostgreSQL that the embedded engine is. */
export const POSTGRES_VERSION = '18';

/** What every data folder of PostgreSQL has; one that lacks any of it was damaged or never finished. */
const NEEDED = [
  'PG_VERSION',
  'base',
  'global',
  'pg_wal',
  'pg_xact',
  'postgresql.conf',
  'global/pg_control',
  'global/pg_filenode.map',
  ...['1', '4', '5'].flatMap((database) => [`base/${database}/PG_VERSION`, `base/${database}/pg_filenode.map`]),
  'pg_xact/0000',
];
/** With what every page of the write-ahead log begins, in this version of PostgreSQL. */
const WAL_MAGIC = Buffer.from([0x18, 0xd1]);
const CONTROL_FILE_SIZE = 8192;

/** Whether there is a data folder at the path: nothing, or an empty folder, is none. */
export function dataFolderExists(dataDir: string): boolean {
  if (!existsSync(dataDir)) return false;
  if (!statSync(dataDir).isDirectory())
    throw new EmbeddedFolderError(`${dataDir} is a file, not a folder for the embedded database.`, {
      hint: 'Name another folder with --data-dir. The file was left untouched.',
    });
  return readdirSync(dataDir).length > 0;
}

/**
 * Throws unless the folder is one that Maestro made, for this version of PostgreSQL, and whole as far as can be seen
 * without opening it: {@link EmbeddedFolderError} or {@link EmbeddedCorruptError}. Only reads.
 */
export function checkDataFolder(dataDir: string): void {
  const refuse = (problem: string, hint: string) => {
    throw new EmbeddedFolderError(`The folder ${dataDir} ${problem}.`, {
      hint: `${hint} The folder was left untouched.`,
    });
  };
  if (!existsSync(join(dataDir, MARKER)))
    refuse('is not empty, and not an embedded database of Maestro', 'Name another folder with --data-dir.');
  if (formatOf(dataDir) !== FORMAT)
    refuse('was made by a version of Maestro with another format of it', 'Use the Maestro version that made it.');
  const version = readBytes(join(dataDir, 'PG_VERSION'))?.toString().trim();
  if (version !== undefined && /^\d+$/.test(version) && version !== POSTGRES_VERSION)
    refuse(
      `holds a database of PostgreSQL ${version}; this version of Maestro embeds PostgreSQL ${POSTGRES_VERSION}`,
      'Use the Maestro version that made it.',
    );
  const missing = NEEDED.filter((path) => !existsSync(join(dataDir, path)));
  if (missing.length > 0)
    throw corrupt(dataDir, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`);
  if (version !== POSTGRES_VERSION) throw corrupt(dataDir, 'PG_VERSION does not hold a version');
  const control = readBytes(join(dataDir, 'global/pg_control'));
  if (control?.length !== CONTROL_FILE_SIZE || control.every((byte) => byte === 0))
    throw corrupt(dataDir, 'global/pg_control is damaged');
  if (!hasLog(join(dataDir, 'pg_wal'))) throw corrupt(dataDir, 'pg_wal holds no write-ahead log');
}

/** The error for a damaged folder. */
export function corrupt(dataDir: string, problem: string, cause?: unknown): EmbeddedCorruptError {
  return new EmbeddedCorruptError(`The embedded database in ${dataDir} is damaged: ${problem}.`, {
    hint: 'Keep a copy of the folder and restore it from a backup; to start afresh, name another --data-dir.',
    cause,
  });
}

/**
 * Makes a data folder from the one that the build prepared: unpacked beside its place and then renamed into it, so that
 * it is there whole or not at all, also when the process is killed. The caller holds the lock.
 */
export async function createDataFolder(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  if (existsSync(unfinished) && !existsSync(join(unfinished, MARKER)) && !isEmptyFolder(unfinished))
    throw new EmbeddedFolderError(`${unfinished} stands where the database would be made, and is not ours.`, {
      hint: 'Move it away, or name another folder with --data-dir. It was left untouched.',
    });
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  // First of all, so that what a killed process leaves behind can be told from somebody else's folder.
  const marker = { format: FORMAT, postgres: POSTGRES_VERSION, engine: 'pglite' };
  writeFileSync(join(unfinished, MARKER), `${JSON.stringify(marker)}\n`);
  await unpack(templateFile(), unfinished);
  rmSync(dataDir, { recursive: true, force: true });
  renameSync(unfinished, dataDir);
}

/** Makes the folder in which the data folder is to be. Throws {@link EmbeddedFolderError} when that is not possible. */
export function makeParent(dataDir: string): void {
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
  } catch (cause) {
    throw new EmbeddedFolderError(
      `The folder ${dirname(dataDir)} cannot be made: ${(cause as NodeJS.ErrnoException).code}.`,
      { hint: 'Check the path and its permissions, or name another folder with --data-dir.', cause },
    );
  }
}

async function unpack(archive: string, folder: string): Promise<void> {
  const { parseTar } = await import('nanotar');
  for (const { name, data, type } of parseTar(gunzipSync(readFileSync(archive)))) {
    const path = join(folder, name);
    if (type === 'directory' || name.endsWith('/')) mkdirSync(path, { recursive: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data ?? new Uint8Array());
    }
  }
}

/** The prepared folder lies in `dist/embedded`, whether this file runs from `dist/src` or, in tests, from `src`. */
function templateFile(): string {
  const candidates = ['../../embedded/', '../../dist/embedded/'].map((folder) =>
    fileURLToPath(new URL(folder + TEMPLATE, import.meta.url)),
  );
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined)
    throw new ConfigurationError('The prepared database of the embedded engine is missing from this installation.', {
      hint: 'In a checkout, run `npm run build`; else install maestro-store again.',
    });
  return found;
}

/** Whether a segment of the write-ahead log is there that PostgreSQL could start from. */
function hasLog(folder: string): boolean {
  return readdirSync(folder).some((name) => {
    if (!/^[0-9A-F]{24}$/.test(name)) return false;
    const file = openSync(join(folder, name), 'r');
    try {
      const start = Buffer.alloc(WAL_MAGIC.length);
      readSync(file, start);
      return start.equals(WAL_MAGIC);
    } finally {
      closeSync(file);
    }
  });
}

function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0;
}

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function formatOf(dataDir: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(dataDir, MARKER), 'utf8')) as { format?: unknown }).format;
  } catch {
    return undefined;
  }
}
