import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A hash of the names and contents of files, and of all files in folders; what is not there counts as such. */
export function fingerprint(root: string, paths: readonly string[], except: readonly string[] = []): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    if (except.includes(path)) return;
    const full = join(root, path);
    if (!existsSync(full)) hash.update(`\0${path} is not there`);
    else if (lstatSync(full).isDirectory()) for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
    else {
      const content = readFileSync(full);
      hash.update(`\0${path} ${content.length}\0`).update(content);
    }
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}
