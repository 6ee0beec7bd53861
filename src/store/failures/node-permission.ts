import { dirname } from 'node:path';
import { type ErrorCode, MaestroError } from '../../errors.js';

/** Node.js runs with its permission model (`--permission`), which does not allow something that Maestro needs. */
export class NodePermissionError extends MaestroError {
  readonly code = 'MAESTRO_NODE_PERMISSION' satisfies ErrorCode;

  constructor(
    /** The flag of Node.js that would allow it. */ readonly flag: string,
    what: string,
    hint: string,
    cause: unknown,
  ) {
    super(`The permission model of Node.js does not allow ${what}.`, { hint, cause });
  }
}

/** Flag of Node.js for each permission, and what it is needed for. */
const PERMISSIONS: Readonly<Record<string, readonly [flag: string, what: string]>> = {
  FileSystemRead: ['--allow-fs-read', 'reading'],
  FileSystemWrite: ['--allow-fs-write', 'writing'],
  Addon: ['--allow-addons', 'the addon that locks the embedded database'],
  // Nothing else here starts a process, except a pager on a terminal.
  ChildProcess: ['--allow-addons', 'the addon that locks the embedded database, nor the command `flock` in its place'],
  WASI: ['--allow-wasi', 'WASI'],
  WorkerThreads: ['--allow-worker', 'worker threads'],
  Net: ['--allow-net', 'connections over the network'],
};

/**
 * Matches files that are made beside a file or folder: an export or a database until it is complete, the lock of an
 * embedded database.
 */
const BESIDE = /\.(?:partial|lock|new)$/;

/** The error of this library for one with which Node.js refuses a permission; `undefined` for any other error. */
export function nodePermissionError(error: unknown): NodePermissionError | undefined {
  const { code, permission = '', resource: denied = '' } = (error ?? {}) as Record<string, string | undefined>;
  if (code !== 'ERR_ACCESS_DENIED') return undefined;
  const [flag = `what ${permission} is allowed with`, what = permission] = PERMISSIONS[permission] ?? [];
  // Files whose names are not known before, or are one of several, need permission for their whole folder.
  const resource = BESIDE.test(denied) ? dirname(denied) : denied;
  const isFile = permission.startsWith('FileSystem');
  return new NodePermissionError(
    flag,
    isFile && resource !== '' ? `${what} ${resource}` : what,
    `Add ${isFile ? `${flag}=${resource || '<folder>'}` : flag} to the flags of Node.js; docs/security.md says what Maestro needs.`,
    error,
  );
}
