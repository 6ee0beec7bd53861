import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'ava';
import type { CliResult } from '../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const PROGRAM = fileURLToPath(new URL('../../dist/bin/maestro.js', import.meta.url));
/** Longest wait for a condition, in milliseconds. */
const DEADLINE = 30_000;

/** Options for starting the built program. */
interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
}

function start(argv: readonly string[], { env = {}, nodeFlags = [] }: ProcessOptions = {}): ChildProcess {
  const here = { PATH: process.env['PATH'], MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return spawn(process.execPath, [...nodeFlags, PROGRAM, ...argv], { cwd: folder, env: { ...here, ...env } });
}

/** Runs the built program to its end. */
async function maestro(
  argv: readonly string[],
  { stdin = '', ...options }: ProcessOptions & { stdin?: string | Uint8Array } = {},
): Promise<CliResult> {
  const child = start(argv, options);
  child.stdin?.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number, stdout, stderr };
}

async function textOf(stream: ChildProcess['stdout']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + DEADLINE; !(await condition()); await delay(20))
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
}

/** Stores a long history without sending it: `size` characters of text in each of `count` bodies. */
async function aLongHistory(count: number, size: number): Promise<string> {
  const id = anId().hex;
  await database.knex.raw(
    `INSERT INTO "${database.schema}".event_log
     SELECT decode(lpad(to_hex(n), 12, '0') || left(md5(?), 20), 'hex'), decode(?, 'hex'), n, 'grown',
       jsonb_build_object('n', n, 'text', repeat('x', ?))
     FROM generate_series(1, ?) n`,
    [id, id, size, count],
  );
  return id;
}

test('results go to standard output, errors to standard error, and the exit code tells which it was', async (t) => {
  const made = await maestro(['append', 'new', '--file', '-', '-q'], { stdin: '{"type":"a","body":{"n":1.10}}\n' });
  t.deepEqual([made.code, made.stderr], [0, '']);
  const listed = await maestro(['events', made.stdout.trim(), '-o', 'ndjson']);
  t.true(listed.stdout.endsWith('"type":"a","body":{"n": 1.10}}\n'));

  const unknown = await maestro(['events', anId().hex]);
  t.deepEqual([unknown.code, unknown.stdout], [3, '']);
  t.regex(unknown.stderr, /^error: .*\nhint: .*\n$/);
});

test('standard input that is not UTF-8 is refused', async (t) => {
  const stdin = Buffer.from('{"type":"a","body":{"t":"\xe9"}}\n', 'latin1');
  const { code, stderr } = await maestro(['append', 'new', '--file', '-'], { stdin });
  t.is(code, 2);
  t.regex(stderr, /^error: Standard input is not UTF-8/);
});

for (const format of ['ndjson', 'table']) {
  test(`a reader that takes one line of ${format} and goes ends it quietly`, async (t) => {
    const id = await aLongHistory(3000, 2000);
    const child = start(['events', id, '-o', format]);
    child.stdin?.end();
    const complaints = textOf(child.stderr);
    const ended = once(child, 'close');

    const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    child.stdout?.destroy();

    t.true(chunk.includes('\n'));
    t.deepEqual([await ended, await complaints], [[0, null], '']);
  });
}

test('Ctrl-C while it waits for standard input exits 130', async (t) => {
  const child = start(['append', 'new', '--file', '-']);
  const complaints = textOf(child.stderr);
  const ended = once(child, 'close');
  // More than any pipe holds: when it is gone, the program has begun to read.
  await new Promise((resolve) => child.stdin?.write('\n'.repeat(4 * 1024 * 1024), resolve));

  child.kill('SIGINT');

  t.deepEqual([await ended, await complaints], [[130, null], '']);
});

test('Ctrl-C while it waits for the database exits 130', async (t) => {
  const transaction = await database.knex.transaction();
  try {
    await transaction.raw(`LOCK TABLE "${database.schema}".snapshots IN ACCESS EXCLUSIVE MODE`);
    const child = start(['snapshot', 'get', anId().hex]);
    child.stdin?.end();
    const ended = once(child, 'close');
    await until(async () => {
      const { rows } = await database.knex.raw<{ rows: unknown[] }>(
        `SELECT FROM pg_locks WHERE NOT granted AND relation = '"${database.schema}".snapshots'::regclass`,
      );
      return rows.length > 0;
    }, 'the program waits for the lock');

    child.kill('SIGINT');

    t.deepEqual(await ended, [130, null]);
  } finally {
    await transaction.rollback();
  }
});

test.serial('20,000 events are listed within little memory', async (t) => {
  const count = 20_000;
  const id = await aLongHistory(count, 2000);
  // All bodies together are 40 MB.
  const nodeFlags = ['--max-old-space-size=32'];
  for (const [format, lines] of [
    ['table', count + 1],
    ['ndjson', count],
  ] as const) {
    const child = start(['events', id, '-o', format], { nodeFlags });
    child.stdin?.end();
    const complaints = textOf(child.stderr);
    const ended = once(child, 'close');
    let [found, length] = [0, 0];
    for await (const chunk of child.stdout ?? []) {
      length += (chunk as Buffer).length;
      for (let at = (chunk as Buffer).indexOf(10); at >= 0; at = (chunk as Buffer).indexOf(10, at + 1)) found += 1;
    }
    t.deepEqual([await ended, await complaints], [[0, null], '']);
    t.is(found, lines);
    t.true(length > count * 2000);
  }
});

/** The packages that the program loads for a command line. */
async function packagesFor(argv: readonly string[], name: string): Promise<Set<string>> {
  const log = join(folder, `${name}.log`);
  const trace = join(folder, `${name}.mjs`);
  const hooks = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(log)}, url + '\\n');
  return await next(url, context);
}`;
  // Hooks see what is imported, the cache shows what was required.
  writeFileSync(
    trace,
    `import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
process.on('exit', () => appendFileSync(${JSON.stringify(log)}, Object.keys(Module._cache).join('\\n') + '\\n'));`,
  );
  await maestro(argv, {
    nodeFlags: [`--import=${pathToFileURL(trace).href}`],
    env: { MAESTRO_DATABASE_URL: database.url },
  });
  const files = readFileSync(log, 'utf8').split('\n');
  const names = files.join('\n').matchAll(/node_modules[\\/]((?:@[^\\/\n]+[\\/])?[^\\/\n]+)/g);
  const chunks = files.filter((file) => file.startsWith('file:') && file.includes('/dist/'));
  const text = chunks.map((file) => readFileSync(new URL(file), 'utf8')).join('\n');
  const bundled = Object.keys(SIGNS).filter((name) => text.includes(SIGNS[name] ?? ''));
  return new Set([...Array.from(names, ([, found = '']) => found.replace('\\', '/')), ...bundled]);
}

/** A text that stands in a package, by which it is found in the file that it is bundled into. */
const SIGNS: Readonly<Record<string, string>> = {
  commander: 'commander.unknownOption',
  knex: 'Timeout acquiring a connection. The pool is probably full',
  pg: 'SASL: SCRAM-SERVER-FIRST-MESSAGE',
};

test('what needs no database loads neither knex nor pg nor PGlite', async (t) => {
  const heavy = ['knex', 'pg', 'knex-pglite', '@electric-sql/pglite', 'jiti'];
  for (const [index, argv] of [['--version'], ['--help'], ['evnts']].entries()) {
    const loaded = await packagesFor(argv, `light-${index}`);
    t.is(loaded.has('commander'), argv[0] !== '--version');
    t.deepEqual(
      heavy.filter((name) => loaded.has(name)),
      [],
      argv.join(' '),
    );
  }
  // What reads a database does, which shows that loading is seen at all.
  const loaded = await packagesFor(['events', anId().hex], 'heavy');
  t.true(['commander', 'knex', 'pg'].every((name) => loaded.has(name)));
  t.false(loaded.has('@electric-sql/pglite'));
});

test('the password is in nothing that the process says, also not behind Maestro’s back', async (t) => {
  const secret = 'hunter2';
  const refused = Object.assign(new URL(database.url), { password: secret }).href;
  const unreachable = `postgres://u:${secret}@127.0.0.1:1/d`;
  for (const [argv, env] of [
    [['events', anId().hex, '-v', '--url', unreachable], {}],
    [['migrate', '-v'], { MAESTRO_DATABASE_URL: refused, DEBUG: '*' }],
  ] as const) {
    const { code, stdout, stderr } = await maestro(argv, { env });
    t.is(code, 4);
    t.false((stdout + stderr).includes(secret), stdout + stderr);
  }
});

test('what handlers and configuration files print goes to standard error', async (t) => {
  const id = anId();
  await database.store().commitEvents([anEvent(id)]);
  const file = join(folder, 'talkative.config.ts');
  writeFileSync(
    file,
    `import { defineAggregate } from 'maestro-store';
     console.log('the file prints');
     const Talkative = defineAggregate({
       name: 'talkative',
       initialState: () => 0,
       commands: {},
       events: { happened: (n) => { console.log('a handler prints'); process.stdout.write('and writes\\n'); return n + 1; } },
     });
     export default { aggregates: [Talkative] };`,
  );
  const { code, stdout, stderr } = await maestro([
    'replay',
    id.hex,
    '--config',
    file,
    '--aggregate',
    'talkative',
    '-o',
    'json',
  ]);
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { aggregate: 'talkative', state: 1 });
  t.is(stdout.split('\n').length, 2, stdout);
  t.is(stderr, 'the file prints\na handler prints\nand writes\n');
});

test('a command ends when it is done, whatever the modules of an application keep running', async (t) => {
  const file = join(folder, 'restless.config.ts');
  writeFileSync(file, 'setInterval(() => {}, 1000);\nexport default {};');
  const { code, stdout } = await maestro(['events', anId().hex, '--config', file]);
  t.deepEqual([code, stdout], [3, '']);
});

test('a working directory that was deleted is a clear error, and nothing to --version', async (t) => {
  const gone = join(folder, 'gone');
  const run = async (...argv: string[]) => {
    mkdirSync(gone);
    const script = 'rmdir "$1"; shift; exec "$@"';
    const env = { PATH: process.env['PATH'] };
    const child = spawn('sh', ['-c', script, 'sh', gone, process.execPath, PROGRAM, ...argv], { cwd: gone, env });
    const [stderr, [code]] = await Promise.all([textOf(child.stderr), once(child, 'close')]);
    return { code: code as number, stderr };
  };
  const { code, stderr } = await run('events', anId().hex);
  t.is(code, 2);
  t.regex(stderr, /^error: The working directory was deleted, or cannot be read\.\nhint: .*\n$/);
  t.deepEqual(await run('--version'), { code: 0, stderr: '' });
});

test('a command on a server loads the driver once, from the bundle, and nothing of fetch', async (t) => {
  const id = await aLongHistory(1, 1);
  const report = `
    import { createRequire } from 'node:module';
    const packages = () => Object.keys(createRequire('/').cache).flatMap((file) => file.split('node_modules/')[1] ?? []);
    const fetched = () => process.moduleLoadList.filter((name) => name.includes('undici'));
    process.on('exit', () => console.error(JSON.stringify([...packages(), ...fetched()])));`;
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(report)}`];
  const { code, stderr } = await maestro(['events', id], { nodeFlags });
  t.is(code, 0);
  t.deepEqual(JSON.parse(stderr), []);
});
