import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { rollup, type GetManualChunk } from 'rollup';

/** The entry points of the bundle. They share chunks, so that each class exists once, whichever entry is loaded. */
const ENTRIES = ['bin/main.ts', 'src/index.ts', 'src/admin/index.ts', 'src/testing/index.ts', 'src/ui/index.ts'];

/** Packages that are not bundled: they have files of their own or native code, or are drivers of other databases. */
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

/** Knex's dialects for other databases, which are never loaded and so left out. */
const onlyPostgres: Plugin = {
  name: 'only-postgres',
  setup: (plugins) =>
    plugins.onResolve({ filter: /^\.\// }, ({ path, importer }) =>
      /[\\/]knex[\\/]lib[\\/]dialects[\\/]index\.js$/.test(importer) && path !== './postgres'
        ? { path, external: true }
        : undefined,
    ),
};

/** Defines `require` for bundled CommonJS packages, which load Node's own modules with it; ES modules have none. */
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** Folder for the many files of esbuild, which Rollup then joins. */
const SPLIT = 'dist/split';

/**
 * Bundles the sources with their packages into few files, of which a command loads only those that it uses: opening
 * hundreds of small files takes longer than most commands. esbuild makes ES modules and splits them by entry point; Rollup
 * joins those that nearly every command loads. The licences of the bundled packages go into a file beside.
 */
export async function bundle(root: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: SPLIT,
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    plugins: [onlyPostgres],
    chunkNames: 'src/chunks/[name]-[hash]',
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of Object.keys(metafile.outputs)) {
    const text = withClassNames(readFileSync(join(root, file), 'utf8'));
    writeFileSync(join(root, file), /\btypeof require\b/.test(text) ? `${REQUIRE}\n${text}` : text);
  }
  await joinChunks(root, metafile);
  rmSync(join(root, SPLIT), { recursive: true });
  const folders = Object.keys(metafile.inputs).flatMap(
    (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => licenceOf(join(root, folder)));
  writeFileSync(join(root, 'dist/THIRD-PARTY-LICENCES.txt'), texts.join('\n\n---\n\n'));
}

/**
 * Gives classes their own names back. esbuild writes `var Timestamp = class _Timestamp` for a class that refers to
 * itself, and the name in it is what errors and stack traces show.
 */
function withClassNames(text: string): string {
  const renamed = [...text.matchAll(/\b(\w+) = class (_\1)\b/g)];
  return renamed.reduce(
    (all, [, name = '', inner = '']) => all.replace(new RegExp(`(?<![\\w$.#'"])${inner}\\b`, 'g'), name),
    text,
  );
}

/** Writes the files of esbuild to dist, and joins those that are loaded together. */
async function joinChunks(root: string, { outputs }: Metafile): Promise<void> {
  const fileOf = new Map(Object.entries(outputs).map(([file, { entryPoint }]) => [entryPoint, join(root, file)]));
  const bundled = await rollup({
    input: Object.fromEntries(ENTRIES.map((entry) => [entry.replace(/\.ts$/, ''), fileOf.get(entry) ?? entry])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    treeshake: false,
  });
  await bundled.write({
    dir: join(root, 'dist'),
    format: 'es',
    hoistTransitiveImports: false,
    chunkFileNames: 'src/chunks/[name].js',
    manualChunks: fileFor(fileOf),
  });
  await bundled.close();
}

/** The modules that do the work of the commands. */
const WORK = /^src\/cli\/commands\/.*\/run\.ts$/;

/**
 * Chooses the file for a module: needed by `--version`, by every command, by every command on a server, by several
 * commands, or by a program that imports the library.
 */
function fileFor(fileOf: ReadonlyMap<string | undefined, string>): GetManualChunk {
  let groups: Map<string, ReadonlySet<string>> | undefined;
  return (id, { getModuleInfo }) => {
    const reached = (...entries: string[]) => {
      const all = new Set(entries.flatMap((entry) => fileOf.get(entry) ?? []));
      for (const one of all) for (const imported of getModuleInfo(one)?.importedIds ?? []) all.add(imported);
      return all;
    };
    groups ??= new Map([
      ['boot', reached('bin/main.ts')],
      ['library', reached('src/index.ts')],
      ['command', reached('src/cli/run-command.ts')],
      [
        'server',
        reached(
          'src/connection/open-database.ts',
          'src/connection/server/server.ts',
          // Most commands share what this one needs.
          'src/cli/commands/events/run.ts',
        ),
      ],
      [
        'several',
        neededTwice([...fileOf.keys()].filter((entry = '') => WORK.test(entry)).map((entry = '') => reached(entry))),
      ],
    ]);
    const isIn = (group: string) => groups?.get(group)?.has(id) ?? false;
    if (ENTRIES.some((entry) => fileOf.get(entry) === id)) return undefined;
    if (isIn('boot')) return 'boot';
    if (isIn('library') && (isIn('command') || isIn('server'))) return 'library';
    return ['command', 'server', 'several'].find(isIn);
  };
}

/** The items that are in more than one of the sets. */
function neededTwice(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const all = sets.flatMap((set) => [...set]);
  return new Set(all.filter((one, index) => all.indexOf(one) !== index));
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
