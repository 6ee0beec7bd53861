import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const dist = new URL('../dist/', import.meta.url);

/** What the built package exports, by entry. */
async function entries(): Promise<Record<string, unknown>[]> {
  const paths = ['src/index.js', 'src/admin/index.js', 'src/store/contract.js'];
  return await Promise.all(
    paths.map(async (path) => (await import(new URL(path, dist).href)) as Record<string, unknown>),
  );
}

test('errors keep their names when they are bundled', async (t) => {
  const classes = (await entries()).flatMap((exported) =>
    Object.entries(exported).filter(([name, value]) => typeof value === 'function' && name.endsWith('Error')),
  );
  t.true(classes.length > 30);
  for (const [name, value] of classes) t.is((value as { name: string }).name, name);
});

test('each class exists once, whichever entry it is reached by', async (t) => {
  const [index = {}, admin = {}] = await entries();
  const { InvalidExportError } = admin as { InvalidExportError: new (line: number, problem: string) => Error };
  t.true(new InvalidExportError(1, 'is none') instanceof (index['MaestroError'] as new () => Error));
});

test('the licences of the packages that are bundled are told', (t) => {
  const text = readFileSync(new URL('THIRD-PARTY-LICENCES.txt', dist), 'utf8');
  for (const name of ['knex', 'pg', 'commander', 'chalk', 'string-width']) t.regex(text, new RegExp(`^${name} \\d`, 'm'));
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
