import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fc } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { exitCodeFor, USAGE } from '../../../src/cli/exit-codes.js';
import { loadConfiguration } from '../../../src/cli/input/load-configuration.js';
import { ConfigurationError } from '../../../src/connection/errors.js';
import { connectionSettings } from '../../../src/connection/settings.js';
import { runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder } from '../../support/database.js';
import { allTextOf } from '../../support/cli/error-text.js';

const temporary = useTemporaryFolder(test);

/** A new working directory with these files in it. */
function aFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = join(temporary, `cfg-${randomBytes(6).toString('hex')}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Loading is refused with a readable error that names the file. */
async function assertRefused(t: ExecutionContext, folder: string, name: string, message: RegExp): Promise<string> {
  const error = await t.throwsAsync(loadConfiguration(name, folder), { instanceOf: ConfigurationError, message });
  t.true(error?.message.includes(join(folder, name)), error?.message);
  t.regex(error?.message ?? '', /^[^\n]+$/, 'one line');
  t.is(exitCodeFor(error), USAGE);
  return allTextOf(error);
}

/** One way to write `{ schema: NAME }` for each kind of file. */
const WRITTEN: Readonly<Record<string, (schema: string) => string>> = {
  ts: (schema) => `
    type Names = { readonly [key: string]: string };
    enum Stage { Test = 'test' }
    const names = { [Stage.Test]: '${schema}' } satisfies Names;
    export default { schema: names[Stage.Test] as string };`,
  mts: (schema) => `const schema: string = await Promise.resolve('${schema}'); export default { schema };`,
  js: (schema) => `module.exports = { schema: '${schema}' };`,
  mjs: (schema) => `export default { schema: '${schema}' };`,
  json: (schema) => `{ "schema": "${schema}" }`,
};

for (const [extension, write] of Object.entries(WRITTEN)) {
  test(`maestro.config.${extension} of the working directory is loaded`, async (t) => {
    const folder = aFolder({ [`maestro.config.${extension}`]: write('found') });
    t.deepEqual(await loadConfiguration(undefined, folder), { schema: 'found' });
  });

  test(`a .${extension} file named on the spot is loaded, by a relative or an absolute path`, async (t) => {
    const folder = aFolder({
      [`sub/mine.${extension}`]: write('named'),
      'maestro.config.json': '{"schema":"passed_over"}',
    });
    t.deepEqual(await loadConfiguration(`sub/mine.${extension}`, folder), { schema: 'named' });
    t.deepEqual(await loadConfiguration(join(folder, `sub/mine.${extension}`), tmpdir()), { schema: 'named' });
  });
}

test('of two files side by side neither is taken', async (t) => {
  const extensions = Object.keys(WRITTEN);
  for (const [index, first] of extensions.entries())
    for (const second of extensions.slice(index + 1)) {
      const names = [`maestro.config.${first}`, `maestro.config.${second}`] as const;
      const folder = aFolder({ [names[0]]: '', [names[1]]: '' });
      const error = await t.throwsAsync(loadConfiguration(undefined, folder), { instanceOf: ConfigurationError });
      for (const name of names) t.true(error?.message.includes(name), error?.message);
      t.regex(error?.hint ?? '', /--config/);
    }
});

/** Files that somebody takes for the configuration, but that are not loaded. */
const TAKEN_FOR_ONE = [
  ...['cjs', 'cts', 'tsx', 'jsx', 'json5', 'jsonc', 'yaml', 'yml', 'toml', 'ini'].map(
    (form) => `maestro.config.${form}`,
  ),
  'maestro.config',
  'maestro.conf.ts',
  'maestro-config.ts',
  'maestro_config.json',
  'maestroconfig.js',
  'meastro.config.ts',
  'maestro.confg.mts',
  'maestro.config..ts',
  'Maestro.config.ts',
  '.maestro.config.json',
  '.maestrorc',
  '.maestrorc.json',
  'maestro.configuration.ts',
];

test('a file of another form or with a mistyped name is refused, naming it, also beside one that is right', async (t) => {
  for (const name of TAKEN_FOR_ONE)
    for (const others of [{}, { 'maestro.config.json': '{"schema":"x"}' }] as readonly Record<string, string>[]) {
      const folder = aFolder({ [name]: 'export default { schema: "canary" };', ...others });
      const error = await t.throwsAsync(loadConfiguration(undefined, folder), { instanceOf: ConfigurationError }, name);
      t.true(error?.message.includes(name), error?.message);
      t.regex(error?.hint ?? '', /--config/);
      t.is(exitCodeFor(error), USAGE);
    }
});

test('what only has a name like it is passed over', async (t) => {
  const others = [
    'maestro.config.ts~',
    'maestro.config.ts.bak',
    'maestro.config.md',
    'maestro.config.d.ts',
    'maestro.ts',
  ];
  others.push('maestro.context.ts', 'maestro.test.ts', 'maestro.store.ts', 'config.ts', 'maestro.config.example.ts');
  const folder = aFolder(Object.fromEntries(others.map((name) => [name, ''])));
  mkdirSync(join(folder, 'maestro-config'));
  t.deepEqual(await loadConfiguration(undefined, folder), {});
});

test('of the files of a folder the one that --config names is loaded, whatever is beside it', async (t) => {
  const folder = aFolder({
    'maestro.config.json': '{"schema":"x"}',
    'maestro.config.ts': '',
    'mine.cts': 'export default { schema: "y" };',
  });
  t.deepEqual(await loadConfiguration('maestro.config.json', folder), { schema: 'x' });
  t.deepEqual(await loadConfiguration('mine.cts', folder), { schema: 'y' });
});

test('a file of another folder is not found, neither above nor below', async (t) => {
  const folder = aFolder({
    'maestro.config.json': '{"schema":"x"}',
    'inner/deep/maestro.config.json': '{"schema":"y"}',
  });
  t.deepEqual(await loadConfiguration(undefined, join(folder, 'inner')), {});
});

test('below a configuration file no embedded database is taken or made, unless it is named', async (t) => {
  const folder = aFolder({
    'maestro.config.json': JSON.stringify({ connection: 'postgres://db.invalid/app' }),
    'inner/deep/README.md': '',
    'inner/repository/.git/HEAD': '',
  });
  const [deep, repository] = ['inner/deep', 'inner/repository'].map((below) => join(folder, below)) as [string, string];
  for (const argv of [['migrate'], ['migrate', 'status'], ['events', '01a2077042bc0000deadbeefcafef00d']]) {
    const { code, stderr } = await runCli(argv, { cwd: deep });
    t.is(code, 2);
    t.true(
      stderr.startsWith(
        `error: No database is named, and the configuration file ${join(folder, 'maestro.config.json')} is not read`,
      ),
    );
  }
  t.false(existsSync(join(deep, '.maestro')));
  t.is((await runCli(['migrate', 'status', '--data-dir', 'data'], { cwd: deep })).code, 0);
  t.is((await runCli(['migrate', 'status'], { cwd: repository })).code, 0, 'another repository');
});

test('an ES module in a .js file is loaded in a package that says so', async (t) => {
  const folder = aFolder({
    'package.json': '{"type":"module"}',
    'maestro.config.js': 'export default { schema: "esm" };',
  });
  t.deepEqual(await loadConfiguration(undefined, folder), { schema: 'esm' });
});

test('a TypeScript file may import TypeScript files beside it', async (t) => {
  const folder = aFolder({
    'maestro.config.ts': `import { schemaOf, type Stage } from './stages.js';
      const stage: Stage = 'test';
      export default { schema: schemaOf(stage) };`,
    'stages.ts': `export type Stage = 'test' | 'live'; export const schemaOf = (stage: Stage): string => 'of_' + stage;`,
  });
  t.deepEqual(await loadConfiguration(undefined, folder), { schema: 'of_test' });
});

test('the type of a configuration can be imported, also where the package is not installed', async (t) => {
  const folder = aFolder({
    'maestro.config.ts': `import type { MaestroConfig } from 'maestro-store';
      const config: MaestroConfig = { connection: 'postgres://h/d', schema: 'typed', dataDir: 'd', pooler: 'transaction' };
      export default config;`,
  });
  t.deepEqual(await loadConfiguration(undefined, folder), {
    connection: 'postgres://h/d',
    schema: 'typed',
    dataDir: 'd',
    pooler: 'transaction',
  });
});

for (const installed of [true, false])
  test(`defineConfig() can be used where the package is ${installed ? '' : 'not '}installed`, async (t) => {
    const folder = aFolder({
      'maestro.config.ts': `import { defineConfig } from 'maestro-store';
        export default defineConfig({ schema: 'defined' });`,
    });
    mkdirSync(join(folder, 'node_modules'));
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    if (installed) symlinkSync(root, join(folder, 'node_modules', 'maestro-store'), 'junction');
    t.deepEqual(await loadConfiguration(undefined, folder), { schema: 'defined' });
  });

test('loading leaves no copy of the file anywhere: it may hold a password', async (t) => {
  const canary = `canary${randomBytes(8).toString('hex')}`;
  const folder = aFolder({
    'package.json': '{}',
    'maestro.config.ts': `const password: string = '${canary}';
      export default { connection: 'postgres://ada:' + password + '@h/d' };`,
  });
  mkdirSync(join(folder, 'node_modules'));
  const before = readdirSync(folder, { recursive: true });

  t.deepEqual(await loadConfiguration(undefined, folder), { connection: `postgres://ada:${canary}@h/d` });

  t.deepEqual(readdirSync(folder, { recursive: true }), before);
  const cache = join(tmpdir(), 'jiti');
  const copies = existsSync(cache)
    ? readdirSync(cache).filter((name) => readFileSync(join(cache, name), 'utf8').includes(canary))
    : [];
  t.deepEqual(copies, []);
});

test('a file that is not there is refused, and not another one taken', async (t) => {
  const folder = aFolder({ 'maestro.config.json': '{"schema":"x"}' });
  await assertRefused(t, folder, 'missing.json', /no configuration file/);
});

test('a folder is refused', async (t) => {
  await assertRefused(t, aFolder({ 'conf/x.json': '{}' }), 'conf', /cannot be loaded/);
});

const BROKEN: Readonly<Record<string, readonly [file: string, content: string]>> = {
  'an empty JSON file': ['a.json', ''],
  'broken JSON': ['b.json', '{"schema": "x"'],
  'JSON with comments': ['c.json', '{"schema": "x"} // mine'],
  'a TypeScript file that does not parse': ['d.ts', 'export default {\n  schema: = "x",\n};\n'],
  'a JavaScript file that does not parse': ['e.mjs', 'export default {\n  schema: = "x",\n};\n'],
  'an import that is not there': ['f.ts', "import { x } from './nowhere.js';\nexport default x;\n"],
  'a file of another kind': ['g.yaml', 'schema: x\n'],
};

for (const [what, [file, content]] of Object.entries(BROKEN))
  test(`${what} is refused`, async (t) => {
    await assertRefused(t, aFolder({ [file]: content }), file, /cannot be loaded: ./);
  });

for (const [what, file, source, message, hint] of [
  [
    'a syntax error',
    'a.ts',
    'export default { schema: = }',
    /ParseError: .*a\.ts:1:\d+$/,
    /^Fix the syntax at the file/,
  ],
  ['a syntax error', 'a.mjs', 'export default { schema: = }', /Unexpected token '='$/, /node --check .*a\.mjs/],
  [
    'a missing file',
    'b.ts',
    "import './no.js';",
    /Cannot find module '\.\/no\.js' imported from .*b\.ts$/,
    /with its file extension/,
  ],
  [
    'a missing file',
    'b.mjs',
    "import './no.js';",
    /Cannot find module .* imported from .*b\.mjs$/,
    /with its file extension/,
  ],
  ['a missing package', 'c.ts', "import 'no-pkg';", /Cannot find module 'no-pkg' imported from .*c\.ts$/, /installed/],
] as const)
  test(`a configuration with ${what} says where, and what to do: ${file}`, async (t) => {
    const error = await t.throwsAsync(loadConfiguration(file, aFolder({ [file]: source })), { message });
    t.regex((error as { hint?: string }).hint ?? '', hint);
  });

for (const file of ['throws.ts', 'throws.mjs'])
  test(`what a configuration throws is said, and is the cause (${file})`, async (t) => {
    const folder = aFolder({ [file]: "throw new Error('DATABASE_HOST is not set');" });
    await assertRefused(t, folder, file, /cannot be loaded: DATABASE_HOST is not set/);
    const error = await t.throwsAsync(loadConfiguration(file, folder));
    t.like(error?.cause, { message: 'DATABASE_HOST is not set' });
  });

test('a configuration may throw something that is no error', async (t) => {
  await assertRefused(t, aFolder({ 'a.mjs': "throw 'no luck';" }), 'a.mjs', /no luck/);
  await assertRefused(t, aFolder({ 'b.mjs': 'throw undefined;' }), 'b.mjs', /cannot be loaded/);
});

test('a file that exports no object is refused', async (t) => {
  for (const value of ['null', '[]', '"postgres://h/d"', '1', 'true'])
    await assertRefused(t, aFolder({ 'a.json': value }), 'a.json', /exports no configuration/);
  for (const module of ['export const schema = "x";', 'export default new Map([["schema", "x"]]);'])
    await assertRefused(t, aFolder({ 'a.mjs': module }), 'a.mjs', /exports no configuration/);
  await assertRefused(t, aFolder({ 'a.ts': 'export const config = { schema: "x" };' }), 'a.ts', /./);
});

test('an unknown key is refused, naming it and the known ones', async (t) => {
  for (const key of ['conection', 'url', 'Schema', '__proto__', 'toString', '']) {
    const folder = aFolder({ 'a.json': `{ "schema": "x", ${JSON.stringify(key)}: "canary" }` });
    const text = await assertRefused(t, folder, 'a.json', /unknown key/);
    t.true(text.includes(JSON.stringify(key)));
    t.regex(text, /connection, schema, dataDir, pooler/);
    t.false(text.includes('canary'));
  }
});

test('a setting that is not a string is refused, naming it and not showing it', async (t) => {
  for (const key of ['connection', 'schema', 'dataDir', 'pooler'])
    for (const value of ['1', 'null', 'true', '["canary"]', '{ "password": "canary" }']) {
      const folder = aFolder({ 'a.json': `{ "${key}": ${value} }` });
      t.false((await assertRefused(t, folder, 'a.json', new RegExp(`${key} is not a string`))).includes('canary'));
    }
});

test('a setting that is undefined is left for whoever needs it to refuse', async (t) => {
  const folder = aFolder({ 'a.mjs': 'export default { connection: undefined, schema: "x" };' });
  const config = await loadConfiguration('a.mjs', folder);
  t.like(connectionSettings({ url: 'postgres://h/d' }, {}, config), { schema: 'x' });
  t.throws(() => connectionSettings({}, {}, config), { instanceOf: ConfigurationError, message: /`connection`/ });
});

test('aggregates that are undefined are refused', async (t) => {
  const folder = aFolder({ 'a.mjs': 'export default { aggregates: undefined };' });
  await assertRefused(t, folder, 'a.mjs', /aggregates is not a list/);
});

test('a mistake in a JSON file is named by line and column', async (t) => {
  const folder = aFolder();
  for (const [text, place] of [
    ['{\n  "connection": "postgres://h/d",\n  schema: 1\n}\n', 'line 3, column 3'],
    ['{"schema": "a"', 'line 1, column 15'],
  ] as const) {
    writeFileSync(join(folder, 'place.json'), text);
    const error = await t.throwsAsync(loadConfiguration('place.json', folder), { instanceOf: ConfigurationError });
    t.true(error?.message.endsWith(`the mistake is at ${place}`), error?.message);
  }
  writeFileSync(join(folder, 'place.json'), '{"connection": 5}');
  const error = await t.throwsAsync(loadConfiguration('place.json', folder), { instanceOf: ConfigurationError });
  t.regex(error?.hint ?? '', /Write the URL of a server/);
});

test('a password is in no error about a broken JSON file', async (t) => {
  const folder = aFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60),
      fc.constantFrom('', 'x', '"', "'", ',', '}', '\n', '\\'),
      async (position, inserted) => {
        // So short that the few characters around a fault, which JSON.parse() likes to show, could hold it.
        const canary = '\u0141\u0143';
        const whole = `{"connection":["postgres://a:${canary}@h/d",1]}`;
        const at = position % whole.length;
        writeFileSync(join(folder, 'a.json'), whole.slice(0, at) + inserted + whole.slice(at));
        const error = await t.throwsAsync(loadConfiguration('a.json', folder), { instanceOf: ConfigurationError });
        t.false(allTextOf(error).includes(canary), `${error?.message}, of ${whole}`);
      },
    ),
    { numRuns: 500 },
  );
});
