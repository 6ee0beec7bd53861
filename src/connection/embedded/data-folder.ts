import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmbeddedCorruptError, EmbeddedFolderError } from '../errors.js';

/** The file that marks a data folder as made by Maestro. */
export const MARKER = 'maestro.json';
/** The format of the data folders that this version makes. */
export const FORMAT = 2;
/** The databases within a data folder, by format: since the second one those that others would be copied from are left out. */
const DATABASES: Readonly<Record<number, readonly string[]>> = { 1: ['1', '4', '5'], [FORMAT]: ['5'] };
/** The version of PostgreSQL that the embedded engine is. */
export const POSTGRES_VERSION = '18';

/** Paths that every data folder of PostgreSQL has; one that lacks any of them was damaged or never finished. */
const NEEDED = [
  'PG_VERSION',
  'base',
  'global',
  'pg_wal',
  'pg_xact',
  'postgresql.conf',
  'global/pg_control',
  'global/pg_filenode.map',
  'pg_xact/0000',
];
/** The first bytes of every page of the write-ahead log, in this version of PostgreSQL. */
const WAL_MAGIC = Buffer.from([0x18, 0xd1]);
const CONTROL_FILE_SIZE = 8192;

/** The path of a folder with all links resolved, so that it has one lock. The folder may not exist yet. */
export function resolveLinks(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder);
  const parent = dirname(folder);
  return parent === folder ? folder : join(resolveLinks(parent), basename(folder));
}

/** True for a folder that is not empty. Throws {@link EmbeddedFolderError} for a file. */
export function dataFolderExists(dataDir: string): boolean {
  if (!existsSync(dataDir)) return false;
  if (!statSync(dataDir).isDirectory())
    throw new EmbeddedFolderError(`${dataDir} is a file, not a folder for the embedded database.`, {
      hint: 'Name another folder with --data-dir. The file was left untouched.',
    });
  return readdirSync(dataDir).length > 0;
}

/**
 * Checks without opening it that Maestro made the folder, that it is for this version of PostgreSQL, and that no file is
 * missing. Throws {@link EmbeddedFolderError} or {@link EmbeddedCorruptError}. Only reads.
 */
export function checkDataFolder(dataDir: string): void {
  const refuse = (problem: string, hint: string): never => {
    throw new EmbeddedFolderError(`The folder ${dataDir} ${problem}.`, {
      hint: `${hint} The folder was left untouched.`,
    });
  };
  if (!exists(join(dataDir, MARKER)))
    refuse('is not empty, and is not an embedded database of Maestro', 'Name another folder with --data-dir.');
  const databases = DATABASES[formatOf(dataDir) ?? 0];
  if (databases === undefined)
    return refuse(
      'was made by another version of Maestro, in a format that this one cannot read',
      'Use the version that made it.',
    );
  const version = readBytes(join(dataDir, 'PG_VERSION'))?.toString().trim();
  if (version !== undefined && /^\d+$/.test(version) && version !== POSTGRES_VERSION)
    refuse(
      `holds a database of PostgreSQL ${version}; this version of Maestro embeds PostgreSQL ${POSTGRES_VERSION}`,
      'Use the version of Maestro that made it.',
    );
  const ofDatabases = databases.flatMap((name) => [`base/${name}/PG_VERSION`, `base/${name}/pg_filenode.map`]);
  const missing = [...NEEDED, ...ofDatabases].filter((path) => !exists(join(dataDir, path)));
  if (missing.length > 0)
    throw corruptError(dataDir, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`);
  if (version !== POSTGRES_VERSION) throw corruptError(dataDir, 'PG_VERSION does not hold a version');
  const control = readBytes(join(dataDir, 'global/pg_control'));
  if (control?.length !== CONTROL_FILE_SIZE || control.every((byte) => byte === 0))
    throw corruptError(dataDir, 'global/pg_control is damaged');
  if (!hasLog(join(dataDir, 'pg_wal'))) throw corruptError(dataDir, 'pg_wal holds no write-ahead log');
}

/** The error for a damaged folder. */
export function corruptError(dataDir: string, problem: string, cause?: unknown): EmbeddedCorruptError {
  return new EmbeddedCorruptError(`The embedded database in ${dataDir} is damaged: ${problem}.`, {
    hint: 'Copy the folder away, then restore it from a backup; or start with an empty database in another --data-dir.',
    cause,
  });
}

/** True when there is a segment of the write-ahead log that PostgreSQL could start from. */
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

/** True when a file or folder exists. Throws when this process may not look, which says nothing of its existence. */
function exists(path: string): boolean {
  return ifExists(() => statSync(path)) !== undefined;
}

function readBytes(file: string): Buffer | undefined {
  return ifExists(() => readFileSync(file));
}

/** The result of reading a file; `undefined` when it does not exist. */
function ifExists<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function formatOf(dataDir: string): number | undefined {
  const text = readBytes(join(dataDir, MARKER))?.toString();
  try {
    const { format } = JSON.parse(text ?? '') as { format?: unknown };
    return typeof format === 'number' ? format : undefined;
  } catch {
    return undefined;
  }
}
