import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What can be run or imported. They share their chunks, so that each class exists once, however it is reached. */
const ENTRIES = ['bin/maestro.ts', 'src/index.ts', 'src/admin/index.ts', 'src/store/contract.ts'];

/** Packages that stay as they are: with files of their own, native code, or for other databases than ours. */
const EXTERNAL = [
  '@electric-sql/pglite',
  'knex-pglite',
  'fs-native-extensions',
  'jiti',
  'pg-native',
  'pg-cloudflare',
  'pg-query-stream',
  'better-sqlite3',
  'mariadb',
  'mysql',
  'mysql2',
  'oracledb',
  'sqlite3',
  'tedious',
];

/** CommonJS packages ask for Node's own modules with `require`, which a module does not have; one chunk does it for all. */
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/**
 * Bundles what runs, with the packages it needs, into few files, of which a command loads only those that it uses: reading
 * hundreds of small files takes longer than most commands. The licences of what is bundled go into a file beside it.
 */
export async function bundle(root: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: 'dist',
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    chunkNames: 'src/chunks/[name]-[hash]',
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of Object.keys(metafile.outputs)) {
    const text = readFileSync(join(root, file), 'utf8');
    if (/\btypeof require\b/.test(text)) writeFileSync(join(root, file), `${REQUIRE}\n${text}`);
  }
  const folders = Object.keys(metafile.inputs).flatMap(
    (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => licenceOf(join(root, folder)));
  writeFileSync(join(root, 'dist/THIRD-PARTY-LICENCES.txt'), texts.join('\n\n---\n\n'));
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text =
    file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : '';
  return `${name} ${version} (${license})\n\n${text}`;
}
