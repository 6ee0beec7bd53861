import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.js';

/** All that decides what `dist/` is made into; of the packages, the list of what is installed. */
const INPUTS = [
  'bin',
  'src',
  'migrations',
  'knexfile.ts',
  'scripts/build.ts',
  'scripts/bundle.ts',
  'scripts/bundle-assets.ts',
  'scripts/embedded-template.ts',
  'scripts/support/build-stamp.ts',
  'scripts/support/fingerprint.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'node_modules/.package-lock.json',
];

/** In `dist/`, but not in one of the folders that are published. */
const STAMP = 'dist/build-stamp';

/** True when `dist/` is up to date: neither it nor the sources have changed since the last build. */
export function isBuilt(root: string): boolean {
  return (
    existsSync(join(root, STAMP)) && readFileSync(join(root, STAMP), 'utf8') === stampOf(root, sourcesFingerprint(root))
  );
}

/** Fingerprint of the sources. Taken before a build begins, so that a source that changes meanwhile is built again. */
export function sourcesFingerprint(root: string): string {
  return fingerprint(root, INPUTS);
}

/** Notes that `dist/` was just built, of what. */
export function markBuilt(root: string, sources: string): void {
  writeFileSync(join(root, STAMP), stampOf(root, sources));
}

function stampOf(root: string, sources: string): string {
  return [process.version, sources, fingerprint(root, ['dist'], [STAMP])].join('\n');
}
