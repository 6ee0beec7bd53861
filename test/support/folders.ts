import { createHash } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Files up to this size are compared byte by byte. */
const SMALL = 64 * 1024;

/**
 * The contents of a folder and all below it: by path the kind of the entry and its content (of a large file its size and
 * time of change). Two results are equal when nothing was written in between.
 */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const full = join(folder, path);
    const stat = lstatSync(full);
    if (stat.isSymbolicLink()) contents[path] = `link to ${readlinkSync(full)}`;
    else if (stat.isDirectory()) contents[path] = 'folder';
    else if (stat.size > SMALL) contents[path] = `${stat.size} bytes, written ${stat.mtimeMs}`;
    else contents[path] = createHash('sha1').update(readFileSync(full)).digest('hex');
  }
  return contents;
}

/** Makes a folder with the same files in it: not copies, so nobody may write into one. */
export function linkFolder(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true }))
    if (entry.isDirectory()) linkFolder(join(from, entry.name), join(to, entry.name));
    else linkSync(join(from, entry.name), join(to, entry.name));
}
