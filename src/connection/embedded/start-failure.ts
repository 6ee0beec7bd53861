import { accessSync, closeSync, constants, lstatSync, openSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { MaestroError } from '../../errors.js';
import { DatabaseFullError } from '../../store/errors.js';
import { corruptError } from './data-folder.js';
import { ConfigurationError, EmbeddedResourcesError } from '../errors.js';
import { isFileError, unusableFolderError } from './file-errors.js';

/** Bytes of disk that PostgreSQL may need to start: a new segment of its write-ahead log, and a little more. */
const NEEDED_ROOM = 17 << 20;
/** Number of files that the engine opens at once, besides those of the process. */
const NEEDED_FILES = 64;

/** Throws {@link ConfigurationError} in a process that cannot run the engine at all. */
export function assertEngineCanRun(): void {
  if ('WebAssembly' in globalThis) return;
  throw new ConfigurationError('The embedded database needs WebAssembly, which is off in this Node.js (--jitless).', {
    hint: 'Start Node.js without --jitless, or use a server (--url, DATABASE_URL).',
  });
}

/** The error for an engine that does not start: damage is assumed only when memory, files, rights and disk are ruled out. */
export function startError(dataDir: string, cause: unknown): MaestroError {
  const resources = resourceError(`The embedded database in ${dataDir} does not start`, cause);
  if (resources !== undefined) return resources;
  const denied = firstDenied(dataDir);
  if (denied !== undefined) return unusableFolderError(dataDir, denied);
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize >= NEEDED_ROOM) return corruptError(dataDir, 'PostgreSQL does not start on it', cause);
  const left = Math.floor((bavail * bsize) / (1 << 20));
  return new DatabaseFullError(
    `The embedded database in ${dataDir} does not start, and its disk has only ${left} MiB left.`,
    { hint: `Free at least ${NEEDED_ROOM >> 20} MiB on the disk. What was committed is still there.`, cause },
  );
}

/** The error for a failure for lack of memory or of open files; `undefined` for other failures. */
export function resourceError(what: string, cause: unknown): EmbeddedResourcesError | undefined {
  const message = cause instanceof Error ? cause.message : '';
  if (cause instanceof RangeError || /allocat|out of memory|OOM|enlarge memory/i.test(message))
    return new EmbeddedResourcesError(`${what}: this process cannot get enough memory (${message}).`, {
      hint: 'It needs about 1 GiB, and more address space: raise the limit (ulimit -v, the container), or use a server (--url, DATABASE_URL).',
      cause,
    });
  if (canOpenFiles(NEEDED_FILES)) return undefined;
  return new EmbeddedResourcesError(`${what}: this process may not open enough files.`, {
    hint: 'Raise the limit, for example with ulimit -n 1024.',
    cause,
  });
}

function canOpenFiles(count: number): boolean {
  const open: number[] = [];
  try {
    while (open.length < count) open.push(openSync('.', 'r'));
    return true;
  } catch (error) {
    return !/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? '');
  } finally {
    for (const file of open) closeSync(file);
  }
}

/** The refusal for the first file below a folder that this process may not read and write; `undefined` when there is none. */
function firstDenied(folder: string): NodeJS.ErrnoException | undefined {
  try {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name);
      if (!lstatSync(path).isSymbolicLink()) accessSync(path, constants.R_OK | constants.W_OK);
    }
    return undefined;
  } catch (error) {
    return isFileError(error) ? error : undefined;
  }
}
