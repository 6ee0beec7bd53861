import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Puts a package.json in the place of ours that has only what those need who install the package, while npm packs it, and with
 * `--restore` ours back: scripts above all are for a checkout, and `prepare` would be told of, or run, by whoever installs it.
 * Ours waits beside it meanwhile, and is what a second run begins with when the first one was cut off.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = `${root}package.json`;
const kept = `${root}.package.json.kept`;

/** What is for a checkout only. */
const OURS = ['scripts', 'devDependencies', 'allowScripts', 'ava'];

if (existsSync(kept)) renameSync(kept, manifest);
if (!process.argv.includes('--restore')) {
  const text = readFileSync(manifest, 'utf8');
  const published = Object.entries(JSON.parse(text) as object).filter(([key]) => !OURS.includes(key));
  writeFileSync(kept, text);
  writeFileSync(manifest, `${JSON.stringify(Object.fromEntries(published), undefined, 2)}\n`);
}
