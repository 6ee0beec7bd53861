import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmbeddedCorruptError, EmbeddedFolderError } from '../errors.js';

/** The file in a data folder that says it is ours. */
export const MARKER = 'maestro.json';
/** The format of our data folders; another one is another version's. */
export const FORMAT = 1;
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

/** The real path of a folder that may not be there yet: whichever link leads to it, it has one lock. */
export function withoutLinks(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder);
  const parent = dirname(folder);
  return parent === folder ? folder : join(withoutLinks(parent), basename(folder));
}

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
  if (!isThere(join(dataDir, MARKER)))
    refuse('is not empty, and not an embedded database of Maestro', 'Name another folder with --data-dir.');
  if (formatOf(dataDir) !== FORMAT)
    refuse('was made by a version of Maestro with another format of it', 'Use the Maestro version that made it.');
  const version = readBytes(join(dataDir, 'PG_VERSION'))?.toString().trim();
  if (version !== undefined && /^\d+$/.test(version) && version !== POSTGRES_VERSION)
    refuse(
      `holds a database of PostgreSQL ${version}; this version of Maestro embeds PostgreSQL ${POSTGRES_VERSION}`,
      'Use the Maestro version that made it.',
    );
  const missing = NEEDED.filter((path) => !isThere(join(dataDir, path)));
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

/** True when there is a file or folder. Throws when that cannot be told: one that may not be looked at is not a missing one. */
function isThere(path: string): boolean {
  return ifThere(() => statSync(path)) !== undefined;
}

function readBytes(file: string): Buffer | undefined {
  return ifThere(() => readFileSync(file));
}

/** Value that is read of a file; nothing when there is none. */
function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function formatOf(dataDir: string): unknown {
  const text = readBytes(join(dataDir, MARKER))?.toString();
  try {
    return (JSON.parse(text ?? '') as { format?: unknown }).format;
  } catch {
    return undefined;
  }
}
