import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync, type Stats, type WriteStream } from 'node:fs';
import { chmod, link, lstat, open, realpath, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { InputError, UsageError } from '../errors.js';
import type { Invocation } from '../invocation.js';

/** Writes a piece of text; resolves when more can be written. */
export type WriteText = (text: string) => Promise<void>;

/** Options for writing a file. */
interface WholeFileOptions {
  /** Replace an existing file. @defaultValue false */
  readonly force?: boolean | undefined;
}

/**
 * Writes a file completely or not at all: into a file beside it (`.NAME.….partial`), which is synced and then renamed.
 * After a failure or a kill the file is unchanged or complete. A replaced file keeps its permissions. Throws
 * {@link UsageError} for an existing file without `force`, before any work, and {@link InputError} when it cannot be written.
 */
export async function writeWhole(
  file: string,
  { context }: Pick<Invocation, 'context'>,
  { force = false }: WholeFileOptions,
  work: (write: WriteText) => Promise<void>,
): Promise<void> {
  const { target, mode } = await targetOf(resolve(context.workingDirectory, file), file, force);
  const partial = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.partial`);
  const stream = createWriteStream(partial, { flags: 'wx', highWaterMark: 1 << 20 });
  // An error between two pieces of text is thrown by the next piece, or at the end.
  stream.on('error', () => {});
  const remove = () => {
    try {
      rmSync(partial, { force: true });
    } catch {
      // Where it could not be made, it cannot be removed either.
    }
  };
  const keep = context.onExit(remove);
  try {
    await once(stream, 'open');
    if (mode !== undefined) await chmod(partial, mode);
    await work((text) => writeText(stream, text));
    stream.end();
    await finished(stream);
    await toDisk(partial);
    await (force ? rename(partial, target) : linkNew(partial, target, file));
    await toDisk(dirname(target)).catch(() => {});
  } catch (error) {
    throw fileError(error, file, mode !== undefined);
  } finally {
    stream.destroy();
    remove();
    keep();
  }
}

/** The path of the file with links resolved, and its permissions if it exists. A link stays, and its target is replaced. */
async function targetOf(path: string, file: string, force: boolean): Promise<{ target: string; mode?: number }> {
  if ((await statusOf(path)) === undefined) return { target: path };
  if (!force) throw exists(file);
  const target = await realpath(path).catch(() => path);
  const status = await statusOf(target);
  if (status === undefined) return { target };
  if (!status.isFile())
    throw new UsageError(`${file} is not a regular file, so it cannot be replaced.`, {
      hint: 'Name a file, or use standard output.',
    });
  return { target, mode: status.mode & 0o777 };
}

function statusOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}

/** Gives the finished file its name; throws when another file of that name was made in the meantime. */
async function linkNew(partial: string, target: string, file: string): Promise<void> {
  try {
    await link(partial, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(file);
    // A file system without hard links.
    await rename(partial, target);
  }
}

async function writeText(stream: WriteStream, text: string): Promise<void> {
  if (stream.errored !== null) throw stream.errored;
  if (!stream.write(text)) await once(stream, 'drain');
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function exists(file: string): UsageError {
  return new UsageError(`The file ${file} exists already.`, {
    hint: 'Nothing was written. Name another one, or replace it with --force.',
  });
}

function fileError(error: unknown, file: string, wasThere: boolean): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return error;
  return new InputError(`The file ${file} cannot be written: ${code}.`, {
    hint: `${wasThere ? 'It was not changed' : 'No file was created'}. Check the folder, its permissions and the space on the disk.`,
    cause: error,
  });
}
