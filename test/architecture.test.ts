import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('..', import.meta.url));

function sources(folder: string): string[] {
  if (folder.endsWith('.ts')) return [folder];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(folder, file));
}

function layerOf(file: string): string {
  return file.startsWith('src/') ? file.split('/').slice(0, 2).join('/') : (file.split('/')[0] ?? '');
}

test('only the command line’s own context, and the seam of the library, touch the process', (t) => {
  const touching = sources('src').filter((file) =>
    /\bprocess\.(exit|argv|stdin|stdout|stderr|env|cwd)\b/.test(
      withoutComments(readFileSync(join(root, file), 'utf8')),
    ),
  );
  t.deepEqual(touching.sort(), ['src/cli/system-context.ts', 'src/connection/environment.ts']);
});

test('table names are known to the store, the projections, the operators’ queries and the migrations only', (t) => {
  const knowing = [...sources('src'), ...sources('migrations')].filter((file) =>
    /\b(event_log|maestro_(?:migrations|commands|projections|positions|parked|skipped|workers|leases))\b/.test(
      withoutComments(readFileSync(join(root, file), 'utf8')),
    ),
  );
  t.deepEqual([...new Set(knowing.map(layerOf))].sort(), ['migrations', 'src/admin', 'src/projection', 'src/store']);
});

/**
 * Exports that old versions of Node.js lack: an import by name fails before anything can say that the version is too
 * old.
 */
const YOUNG =
  /^(?:parseEnv|parseArgs|styleText|stripVTControlCharacters|getSystemErrorMap|statfs(?:Sync)?|cp(?:Sync)?|glob(?:Sync)?|openAsBlob|findPackageJSON|enableCompileCache|register(?:Hooks)?|addAbortListener|getMaxListeners|loadEnvFile|availableMemory|constrainedMemory|getBuiltinModule|availableParallelism|scheduler|hash|compose)$/;

test('what a program imports names nothing of Node.js that old versions are without', (t) => {
  const loaded = loadedBy('src/index.ts', 'src/admin/index.ts', 'src/testing/index.ts', 'src/ui/index.ts');
  t.true(loaded.has('src/connection/embedded/embedded-by-default.ts'));
  const young = [...loaded].flatMap((file) =>
    [...sourceOf(file).matchAll(/^import \{([^}]*)\} from 'node:/gm)]
      .flatMap(([, names = '']) => names.split(',').map((name) => name.trim().split(' as ')[0] ?? ''))
      .filter((name) => YOUNG.test(name))
      .map((name) => `${file}: ${name}`),
  );
  t.deepEqual(young, []);
});

test('the command line is declared without what its commands need for their work', (t) => {
  const loaded = loadedBy('src/cli/run-command.ts');
  t.true(loaded.has('src/cli/commands/snapshot/put/declare.ts'));
  t.deepEqual(
    [...loaded].filter((file) =>
      /\/run\.ts$|^src\/(?:cli\/(?:database|fold)|aggregate|store\/[^/]+\.ts|connection\/open)/.test(file),
    ),
    [],
  );
});

/** All files that are loaded with some, which leaves out what they import while they run. */
function loadedBy(...files: readonly string[]): ReadonlySet<string> {
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const imported of staticImportsOf(file)) load(imported);
  };
  for (const file of files) load(file);
  return loaded;
}

function staticImportsOf(file: string): string[] {
  return [...sourceOf(file).matchAll(/^(?:import|export)(?! type)\b[^;]*?from '(\.[^']+)';/gm)].map(([, path = '']) =>
    sourceFor(relative(root, resolve(root, dirname(file), path))),
  );
}

function sourceFor(imported: string): string {
  const [plain, withElements] = ['.ts', '.tsx'].map((ending) => imported.replace(/\.js$/, ending)) as [string, string];
  return existsSync(join(root, plain)) ? plain : withElements;
}

function sourceOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
}
