import { readFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { pid } from 'node:process';
import type { PGlite } from '@electric-sql/pglite';
import { NotMigratedError } from '../../store/errors.js';
import type { Interop } from '../../store/commit/interop.js';
import { nodePermissionError } from '../../store/failures/node-permission.js';
import { EngineThread } from '../../store/driver/pglite/engine-thread.js';
import { onEngine } from '../../store/driver/pglite/knex-on-pglite.js';
import { PostgresStore } from '../../store/postgres-store.js';
import { creationError, createDataFolder, makeParent } from './create-data-folder.js';
import { closePool, DEFAULT_CLOSE_TIMEOUT } from '../server/close-pool.js';
import { isFileError, unusableFolderError } from './file-errors.js';
import { checkDataFolder, dataFolderExists, resolveLinks } from './data-folder.js';
import type { Database } from '../database.js';
import { restoreOwner } from './restore-owner.js';
import { enginePackages, isMissing, notInstalledError } from './packages.js';
import { startEngine } from './start-engine.js';
import { assertEngineCanRun, startError } from './start-failure.js';
import { startInThread } from './start-in-thread.js';
import { EmbeddedDatabaseBusyError } from '../errors.js';
import { type FileLockOptions, lockFile } from './file-lock.js';
import { checkedCloseTimeout, SILENT_LOGGER } from '../server/pool-options.js';

/** Default for the longest wait for another process, in milliseconds. */
const DEFAULT_LOCK_WAIT = 10_000;

/** Options for opening the embedded database. */
export interface EmbeddedOptions {
  readonly schema: string;
  /** `elixir` when an Elixir application will read the log, too. */
  readonly interop?: Interop | undefined;
  /** Longest wait for another process that has it open, in milliseconds. @defaultValue 10000 */
  readonly timeout?: number | undefined;
  /** Create the database when the folder does not exist; `false` throws `NotMigratedError` instead. @defaultValue true */
  readonly create?: boolean | undefined;
  /** Make the engine refuse all writes. @defaultValue false */
  readonly readOnly?: boolean | undefined;
  /** Time that closing waits for running commands and statements, in milliseconds. @defaultValue 10000 */
  readonly closeTimeout?: number | undefined;
  /**
   * Longest time for one statement where `timeout` does not say another, in milliseconds; 0 for no limit. The engine then has a
   * thread of its own, so that this one stays free, and what nobody waits for any more is cut off. For a program that only
   * reads: whether a COMMIT that was cut off took effect is not known. @defaultValue no limit, in this thread
   */
  readonly statementTimeout?: number | undefined;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Name of this program, shown to other processes that wait for the database, such as `maestro append`. */
  readonly purpose?: string | undefined;
  /** Called once when another process has it open, with a description of that process. */
  readonly onWait?: ((holder: string) => void) | undefined;
}

/** Longest wait for the only connection, in milliseconds. */
const ACQUIRE_TIMEOUT = 5_000;

/**
 * Opens the embedded PostgreSQL in a folder, which is created if it does not exist. The engine does not check that it is
 * alone, and two processes on one folder would lose acknowledged writes; so an exclusive lock of the operating system on
 * `<folder>.lock` is held until {@link Database.close} or the end of the process. Throws `EmbeddedDatabaseBusyError`
 * after the timeout, `EmbeddedFolderError` for a folder that Maestro did not make, `EmbeddedCorruptError` for a damaged one.
 */
export async function openEmbedded(dataDir: string, options: EmbeddedOptions): Promise<Database> {
  try {
    return await openFolder(dataDir, options);
  } catch (error) {
    throw isFileError(error) ? unusableFolderError(dataDir, error) : (nodePermissionError(error) ?? error);
  }
}

async function openFolder(dataDir: string, options: EmbeddedOptions): Promise<Database> {
  assertEngineCanRun();
  if (options.closeTimeout !== undefined) checkedCloseTimeout(options.closeTimeout);
  const folder = resolveLinks(resolve(dataDir));
  // Checked before anything is written, even the lock file: the folder may belong to something else.
  if (dataFolderExists(folder)) checkDataFolder(folder);
  else if (options.create === false) throw new NotMigratedError(`There is no embedded database in ${folder}.`);
  makeParent(folder);
  const lock = await takeLock(folder, options);
  try {
    if (dataFolderExists(folder)) checkDataFolder(folder);
    else await createDataFolder(folder);
    return await open(folder, lock, options);
  } catch (error) {
    await lock.close();
    throw error;
  }
}

async function open(folder: string, lock: FileHandle, options: EmbeddedOptions): Promise<Database> {
  const { schema, interop, closeTimeout = DEFAULT_CLOSE_TIMEOUT } = options;
  // Its packages are loaded while the engine is being compiled on other threads.
  const [engine, { default: knexFactory }] = await Promise.all([started(folder, options), import('knex')]);
  const knex = knexFactory({
    ...onEngine(engine, enginePackages().dialect()),
    compileSqlOnError: false,
    log: SILENT_LOGGER,
    // Whoever holds the one connection that there is must not wait for another one.
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    try {
      await closePool(knex, closeTimeout);
      await closeForGood(engine);
    } finally {
      try {
        restoreOwner(folder, lockOf(folder));
      } finally {
        await lock.close();
      }
    }
  };
  return {
    knex,
    store: new PostgresStore(knex, { schema, interop, verifyWrites: true }),
    schema,
    interop,
    embedded: true,
    location: folder,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** The engine: in this thread, or where its statements are to be limited in one of its own. */
async function started(
  folder: string,
  { readOnly = false, statementTimeout, timeout }: EmbeddedOptions,
): Promise<PGlite | EngineThread> {
  const onStart = () => restoreOwner(folder, lockOf(folder));
  if (statementTimeout !== undefined)
    return await startInThread({ folder, readOnly, limit: timeout ?? statementTimeout, onStart });
  const engine = await startEngine({ folder, readOnly }).catch((cause: unknown) => {
    throw startError(folder, cause);
  });
  onStart();
  return engine;
}

/** Closes an engine that may have been closed by the pool already, so that none is started in its place. */
async function closeForGood(engine: PGlite | EngineThread): Promise<void> {
  if (engine instanceof EngineThread) await engine.closeForGood();
  else if (!engine.closed) await engine.close();
}

async function takeLock(folder: string, options: EmbeddedOptions): Promise<FileHandle> {
  const path = lockOf(folder);
  const { timeout = DEFAULT_LOCK_WAIT, signal, onWait } = options;
  const lockOptions: FileLockOptions = { timeout, signal, onWait: () => onWait?.(holderText(path)) };
  const lock = await lockFile(path, lockOptions).catch((error: unknown) => {
    if (isMissing(error)) throw notInstalledError('fs-native-extensions', error);
    throw creationError(`The file ${path}`, error);
  });
  if (lock === undefined) throw new EmbeddedDatabaseBusyError(folder, holderText(path), timeout);
  const holder = { pid, host: hostname(), purpose: options.purpose ?? 'a program' };
  // Only for others to read; on a full disk they are told less.
  await lock
    .truncate(0)
    .then(() => lock.write(`${JSON.stringify(holder)}\n`, 0))
    .catch(() => {});
  return lock;
}

function lockOf(folder: string): string {
  return `${folder}.lock`;
}

/** The description of its holder, which the holder wrote into the lock file. */
function holderText(path: string): string {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return `process ${String(holder['pid'])} on ${String(holder['host'])} (${String(holder['purpose'])})`;
  } catch {
    return 'another process';
  }
}
