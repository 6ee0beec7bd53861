import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Browsers of the last years: what the pages do by script works in all of them, and pages work without. */
const BROWSERS = ['chrome111', 'firefox115', 'safari16.4'];

/**
 * Bundles what the pages of `maestro ui` load: each module of `src/ui/browser/` with what it imports, and one style sheet. Modules
 * share chunks.
 */
export async function bundleAssets(root: string): Promise<void> {
  const folder = join(root, 'src/ui/browser');
  const modules = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  await build({
    absWorkingDir: root,
    entryPoints: [
      ...modules.map((file) => ({ in: join(folder, file), out: file.replace(/\.ts$/, '') })),
      { in: join(root, 'src/ui/style/index.css'), out: 'ui' },
    ],
    outdir: 'dist/src/ui/assets',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: BROWSERS,
    tsconfig: join(folder, 'tsconfig.json'),
    chunkNames: 'chunk-[hash]',
    minify: true,
    logLevel: 'warning',
  });
}
