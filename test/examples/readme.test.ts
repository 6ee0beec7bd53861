import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { transform } from 'esbuild';
import { QUICK_WASM } from '../support/children/processes.js';
import { useTemporaryFolder } from '../support/database.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = useTemporaryFolder(test);
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const guide = readFileSync(join(root, 'docs/aggregates.md'), 'utf8');
const storePage = readFileSync(join(root, 'docs/store.md'), 'utf8');
const run = promisify(execFile);

/** The code blocks of a language below a heading of a document, the README's unless another is given. */
function blocks(heading: string, language: string, document = readme): string[] {
  const section = document.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
}

/** Output of a TypeScript program in a folder; the last of these files is its entry. */
async function printedBy(cwd: string, files: Readonly<Record<string, string>>): Promise<string> {
  const source = (path: string) => JSON.stringify(new URL(`../../dist/src/${path}`, import.meta.url).href);
  let entry = '';
  for (const [name, text] of Object.entries(files)) {
    const { code } = await transform(text, { loader: 'ts', target: 'node20' });
    entry = join(cwd, name);
    writeFileSync(
      entry,
      code
        .replaceAll(/"maestro-store"/g, () => source('index.js'))
        .replaceAll(/"maestro-store\/admin"/g, () => source('admin/index.js')),
    );
  }
  return (await run(process.execPath, [QUICK_WASM, entry], { cwd })).stdout;
}

test('the quick start is one line, and records, lists and replays a game', async (t) => {
  const [line = '', ...others] = blocks('Quick start', 'sh');
  t.deepEqual([others.length, line.trim().split('\n').length], [0, 1]);
  const script = line
    .replace('npm ci && ', '')
    .replaceAll('npx maestro', `"${process.execPath}" "${join(root, 'dist/bin/maestro.js')}"`)
    .replaceAll('examples/', join(root, 'examples/'));

  const { stdout } = await run('sh', ['-c', script], { cwd: folder });

  t.regex(stdout, /^0001_create_event_log +applied$/m);
  t.regex(stdout, /^ +46 .* move_played .*"san": "Be7#"/m);
  t.regex(stdout, /^sequence +34$/m);
  t.regex(stdout, /^4 {2}\. \. \. \. P B P \.$/m);
});

test('the test command is one line', (t) => {
  t.deepEqual(blocks('Test', 'sh'), ['npm ci && npm test\n']);
});

for (const [section, document, printed] of [
  ['# Aggregates', guide, "1 { owner: 'Ada', balance: 0 }\nnot_enough_money\n"],
  ['The library', readme, 'not_enough_money\n{ balance: 30 } { balance: 50 }\n'],
  ['# Events without aggregates', storePage, "1 opened { owner: 'Ada' }\n2 renamed { owner: 'Grace' }\n"],
  ['Questions across aggregates', storePage, 'opened {"amount": 5000}\n1 event\n'],
] as const)
  test(`the example of the section "${section}" runs as it stands`, async (t) => {
    const [code = ''] = blocks(section, 'ts', document);
    const cwd = mkdtempSync(join(folder, 'example-'));

    const stdout = await printedBy(cwd, { 'example.mjs': code });

    t.is(stdout, printed);
  });

test('the migration that fills a read model from the log runs as it stands, inside its transaction', async (t) => {
  const code = blocks('Projections', 'ts', guide).find((block) => block.includes('searchEvents')) ?? '';
  const cwd = mkdtempSync(join(folder, 'migration-'));
  const program = `
import { Clock, openDatabase, appendEvents, migrate } from 'maestro-store';
import * as step from './step.mjs';
const { knex, store, close } = await openDatabase({ dataDir: 'data' });
await migrate(knex);
const clock = new Clock();
for (const owner of ['Ada', 'Grace'])
  await appendEvents(store, clock, clock.now(), [{ type: 'opened', body: { owner } }, { type: 'deposited', body: { amount: 1 } }]);
await knex.migrate.latest({
  migrationSource: { getMigrations: async () => ['names'], getMigrationName: () => 'names', getMigration: async () => step },
});
console.log((await knex('account_names').pluck('name').orderBy('name')).join(' '));
await close();
`;

  const stdout = await printedBy(cwd, { 'step.mjs': code, 'program.mjs': program });

  t.is(stdout, 'Ada Grace\n');
});
