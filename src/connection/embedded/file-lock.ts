import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { platform } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { nodePermissionError } from '../../store/failures/node-permission.js';
import { FileLockError } from '../errors.js';

/** Time between two attempts to take a lock, in milliseconds. */
const RETRY = 50;

/** Takes an exclusive lock on an open file without waiting; false when another process holds it. */
export type TryLock = (file: number) => Promise<boolean>;

/** Options for taking a lock. */
export interface FileLockOptions {
  /** Longest time to wait for another holder, in milliseconds. */
  readonly timeout: number;
  /** Gives up waiting when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the lock is taken and waiting begins. */
  readonly onWait?: (() => void) | undefined;
  /** The way to lock. @defaultValue the one that works on this platform */
  readonly tryLock?: TryLock | undefined;
}

/**
 * Takes an exclusive lock of the operating system on a file, which is made if it is not there. The system itself gives
 * the lock up when the process ends, however it ends, so a lock is never stale and its age never matters. Returns the
 * open file, whose closing releases the lock; `undefined` when another process held it until the time was over.
 */
export async function lockFile(path: string, options: FileLockOptions): Promise<FileHandle | undefined> {
  const tryLock = options.tryLock ?? (await platformTryLock());
  const file = await open(path, 'a+');
  try {
    const deadline = Date.now() + options.timeout;
    for (let waiting = false; ; waiting = true) {
      if (await tryLock(file.fd)) return file;
      if (!waiting) options.onWait?.();
      if (Date.now() >= deadline) break;
      await delay(Math.min(RETRY, Math.max(1, deadline - Date.now())), undefined, { signal: options.signal });
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** The part of the native addon that is used here. */
interface Addon {
  tryLock(file: number): boolean;
}

/**
 * The way to lock on a platform: with the native addon, or on Linux, where none is prebuilt for some (Alpine, say), with the
 * command that nearly every Linux has. Throws {@link FileLockError} where there is neither.
 */
export async function platformTryLock(
  load: () => Promise<Addon> = async () => (await import('fs-native-extensions')).default,
  system: NodeJS.Platform = platform(),
): Promise<TryLock> {
  try {
    const addon = await load();
    return async (file) => addon.tryLock(file);
  } catch (error) {
    if (system === 'linux') return commandInsteadOf(error);
    throw new FileLockError('the addon that does it (fs-native-extensions) cannot be loaded', error);
  }
}

/** Locks with the command; where Node's permission model forbids that as well, throws the refusal that the addon met. */
function commandInsteadOf(refusal: unknown): TryLock {
  const denied = nodePermissionError(refusal);
  if (denied === undefined) return commandTryLock;
  return async (file) => {
    try {
      return await commandTryLock(file);
    } catch (error) {
      throw nodePermissionError(error) === undefined ? error : denied;
    }
  };
}

/**
 * Locks with the `flock` command. It inherits the open file and locks that, not a copy of its own; the lock stays when
 * the command has ended, because this process still has the file open.
 */
export const commandTryLock: TryLock = (file) => tryLockWith('flock', file);

/** The same with a command of another name. Throws {@link FileLockError} when it is not there, or does something else. */
export async function tryLockWith(name: string, file: number): Promise<boolean> {
  const command = spawn(name, ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
  const [code] = (await once(command, 'exit').catch((cause: unknown) => {
    throw new FileLockError(
      `the addon that does it has no binary for this system, and the command \`${name}\` is not there either`,
      cause,
    );
  })) as [number | null];
  if (code !== 0 && code !== 1) throw new FileLockError(`the command \`${name}\` ended with ${code}`, undefined);
  return code === 0;
}
