import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own that is soon full. */
export interface TinyDisk {
  readonly folder: string;
  /** Gives it another size. */
  resize(megabytes: number): void;
  close(): void;
}

/** Mounts a small file system in memory; `undefined` where this is not permitted, as to anybody but root. */
export function tinyDisk(megabytes: number): TinyDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-test-disk-'));
  const mount = (options: string) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  try {
    mount(`size=${megabytes}m`);
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  // The server may run as another user.
  chmodSync(folder, 0o777);
  return {
    folder,
    resize: (size) => mount(`remount,size=${size}m`),
    close: () => {
      execFileSync('umount', ['-l', folder]);
      rmdirSync(folder);
    },
  };
}
