import { chownSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as currentProcess from 'node:process';

/**
 * Gives all files that root made in another user's data folder, and its lock file, to the owner of the folder, who could
 * not open the database any more otherwise: PostgreSQL writes files even for reading. Does nothing for other users.
 */
export function restoreOwner(folder: string, lock: string): void {
  if (currentProcess.geteuid?.() !== 0) return;
  const owner = lstatSync(folder, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  const { uid, gid } = owner;
  if (lstatSync(lock, { throwIfNoEntry: false })?.uid === 0) chownSync(lock, uid, gid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === 0) lchownSync(path, uid, gid);
  }
}
