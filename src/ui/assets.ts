import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UiApp } from './context.js';

/** Files that pages load, in memory. They were bundled when the package was built. */
export interface Assets {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Digits that change with any of the files, so that a browser may keep them for ever. */
  readonly version: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Reads the files. Throws when the package was not built. */
export function readAssets(): Assets {
  const folder = assetFolder();
  const files = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
  const hash = createHash('sha256');
  for (const [name, content] of files) hash.update(name).update(content);
  return { files, version: hash.digest('hex').slice(0, 12) };
}

/** Has an application answer requests for the files. Nothing but these names is looked up, and never in the file system. */
export function serveAssets(app: UiApp, { files, version }: Assets): void {
  app.get('/assets/:version/:name', (c) => {
    const content = files.get(c.req.param('name'));
    const type = TYPES[extname(c.req.param('name'))];
    if (content === undefined || type === undefined || c.req.param('version') !== version) return c.notFound();
    c.header('content-type', type);
    c.header('cache-control', 'public, max-age=31536000, immutable');
    return c.body(content);
  });
}

/** The folder beside the bundle, or in tests, which run the sources, that of the last build. */
function assetFolder(): string {
  const candidates = ['./assets/', '../ui/assets/', '../../dist/src/ui/assets/'];
  const folders = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = folders.find((folder) => existsSync(join(folder, 'ui.css')));
  if (found === undefined) throw new Error('The files of the pages are missing: run `npm run build`.');
  return found;
}
