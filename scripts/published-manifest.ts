import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Replaces package.json by one without the fields that only a checkout needs, while npm packs the package; `--restore` puts
 * ours back. Scripts above all: npm would warn of `prepare`, or run it, where the package is installed. Ours is kept beside
 * it meanwhile, and a second run starts from that copy when the first one was cut off.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = `${root}package.json`;
const kept = `${root}.package.json.kept`;

/** Fields that only a checkout needs. */
const OURS = ['scripts', 'devDependencies', 'allowScripts', 'ava'];

if (existsSync(kept)) renameSync(kept, manifest);
if (!process.argv.includes('--restore')) {
  const text = readFileSync(manifest, 'utf8');
  const published = Object.entries(JSON.parse(text) as object).filter(([key]) => !OURS.includes(key));
  writeFileSync(kept, text);
  writeFileSync(manifest, `${JSON.stringify(Object.fromEntries(published), undefined, 2)}\n`);
}
