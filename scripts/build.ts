import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundle } from './bundle.js';
import { bundleAssets } from './bundle-assets.js';
import { makeEmbeddedTemplate } from './embedded-template.js';
import { isBuilt, markBuilt, sourcesFingerprint } from './support/build-stamp.js';

/**
 * Checks the types, bundles to dist/ (with what the pages of `maestro ui` load), and prepares the data folder that the embedded database starts from. Does nothing when
 * the last build was of the same sources and its outcome is still there.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
if (!isBuilt(root)) {
  const sources = sourcesFingerprint(root);
  for (const file of ['bin', 'src', 'migrations', 'build-stamp'])
    rmSync(`${root}/dist/${file}`, { recursive: true, force: true });
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(/package\.json$/, 'bin/tsc');
  for (const project of ['tsconfig.build.json', 'src/ui/browser'])
    execFileSync(process.execPath, [tsc, '-p', `${root}/${project}`], { stdio: 'inherit' });
  await bundle(root);
  await bundleAssets(root);
  await buildEntry();
  await buildThread();
  chmodSync(`${root}/dist/bin/maestro.js`, 0o755);
  await makeEmbeddedTemplate(`${root}/dist/embedded`);
  markBuilt(root, sources);
}

/** Builds the first file of the command, in a syntax that old versions of Node.js understand, so that it can refuse them. */
async function buildEntry(): Promise<void> {
  await build({
    entryPoints: [`${root}/bin/maestro.ts`],
    outfile: `${root}/dist/bin/maestro.js`,
    bundle: false,
    format: 'esm',
    platform: 'node',
    target: 'node10',
    supported: { 'dynamic-import': true },
    logLevel: 'warning',
  });
}

/** Builds the program of the embedded engine's thread, by itself: together with what else runs it would load all of that, too. */
async function buildThread(): Promise<void> {
  await build({
    entryPoints: [`${root}/src/connection/embedded/engine-worker.ts`],
    outfile: `${root}/dist/src/connection/embedded/engine-worker.js`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    minifySyntax: true,
    logLevel: 'warning',
  });
}
