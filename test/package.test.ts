import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const dist = new URL('../dist/', import.meta.url);

/** Exports of the built package, by entry. */
async function entries(): Promise<Record<string, unknown>[]> {
  const paths = ['src/index.js', 'src/admin/index.js', 'src/testing/index.js', 'src/ui/index.js'];
  return await Promise.all(
    paths.map(async (path) => (await import(new URL(path, dist).href)) as Record<string, unknown>),
  );
}

test('classes and functions keep their names when they are bundled', async (t) => {
  const named = (await entries()).flatMap((exported) =>
    Object.entries(exported).filter(([, value]) => typeof value === 'function'),
  );
  t.true(named.filter(([name]) => name.endsWith('Error')).length > 30);
  for (const [name, value] of named) t.is((value as { name: string }).name, name);
});

test('an error that an application does not catch prints a line of code, not a file of it', (t) => {
  const program = `
    import { Clock, MemoryStore } from ${JSON.stringify(new URL('src/index.js', dist).href)};
    const clock = new Clock();
    await new MemoryStore().commitEvents([{ aggregateId: clock.now(), timestamp: clock.now(), sequence: 0, type: 'opened', body: {} }]);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  t.is(status, 1);
  t.regex(stderr, /InvalidEventError: /);
  t.regex(stderr, /at (async )?MemoryStore\.commitEvents /);
  for (const line of stderr.split('\n')) t.true(line.length < 400, line);
});

test('each class exists once, whichever entry it is reached by', async (t) => {
  const [index = {}, admin = {}] = await entries();
  const { InvalidExportError } = admin as { InvalidExportError: new (line: number, problem: string) => Error };
  t.true(new InvalidExportError(1, 'is none') instanceof (index['MaestroError'] as new () => Error));
});

/** Runs the command in a process that says of itself that it is another version of Node.js. */
function underNode(version: string, ...argv: readonly string[]) {
  const lie = `
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });
    Object.defineProperty(process, 'version', { value: 'v${version}' });
    process.argv = ['node', 'maestro', ...${JSON.stringify(argv)}];
    import(${JSON.stringify(new URL('bin/maestro.js', dist).href)});`;
  return spawnSync(process.execPath, ['--eval', lie], { encoding: 'utf8' });
}

test('a Node.js that is too old is told which one is needed, before anything that it could not read', (t) => {
  for (const version of ['10.24.1', '18.20.8', '20.18.3']) {
    const { status, stdout, stderr } = underNode(version, '--version');
    t.is(stdout, '');
    t.is(stderr.split('\n')[0], `error: Maestro needs Node.js 20.19 or newer; this is v${version}.`);
    t.regex(stderr, /\nhint: Install a newer one/);
    t.is(status, 2);
  }
  const { status, stderr } = underNode('18.20.8', 'events', '-o', 'json');
  t.is(status, 2);
  t.like((JSON.parse(stderr) as { error: object }).error, { code: 'MAESTRO_NODE_VERSION' });
  for (const version of ['20.19.0', '22.0.0', '26.1.0']) t.is(underNode(version, '--version').status, 0, version);

  const entry = readFileSync(new URL('bin/maestro.js', dist), 'utf8');
  t.notRegex(entry, /^import |\?\.|\?\?|await/m, 'all of which old versions stumble over');
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', dist), 'utf8')) as {
    engines: { node: string };
  };
  t.is(engines.node, '>=20.19', 'the version that bin/maestro.ts and src/node-version.ts name');
});

test('help and pages name files of examples only that are in the package, and help none at all', (t) => {
  const root = fileURLToPath(new URL('../', dist));
  const pages = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  for (const page of ['README.md', 'examples/README.md', ...pages.map((file) => `docs/${file}`)]) {
    const text = readFileSync(root + page, 'utf8');
    for (const [path] of text.matchAll(/(?<![\w/.-])examples\/[\w./-]*\w/g))
      t.true(existsSync(root + path), `${page}: ${path}`);
    const help = /## Help\n([\s\S]*?)<!-- End of the help/.exec(text)?.[1] ?? '';
    t.false(help.includes('examples/'), `${page}: whoever installed the package has no such folder`);
  }
});

test('the licences of the packages that are bundled are told', (t) => {
  const text = readFileSync(new URL('THIRD-PARTY-LICENCES.txt', dist), 'utf8');
  for (const name of ['knex', 'pg', 'commander', 'chalk', 'string-width', 'hono'])
    t.regex(text, new RegExp(`^${name} \\d`, 'm'));
});

test('all script of the pages together is small', (t) => {
  const folder = fileURLToPath(new URL('src/ui/assets/', dist));
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.js'));
  t.true(scripts.includes('main.js'));
  t.true(scripts.reduce((sum, file) => sum + statSync(folder + file).size, 0) < 60_000);
});

test('types are told for everything that can be imported', (t) => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', dist), 'utf8')) as {
    exports: Record<string, string | { types: string; default: string }>;
  };
  const files = readdirSync(fileURLToPath(dist), { recursive: true, encoding: 'utf8' });
  for (const target of Object.values(manifest.exports))
    if (typeof target !== 'string')
      for (const file of [target.types, target.default]) t.true(files.includes(file.replace('./dist/', '')), file);
});
