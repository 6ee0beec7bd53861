import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import {
  killProgram,
  outcomeOf,
  type ProgramOptions,
  startProgram,
  untilItWaitsFor,
} from '../../support/cli/program.js';

const database = useTestDatabase(test);
/** Schemas for those who look at the whole log. */
const [long, copy] = [useTestDatabase(test), useTestDatabase(test, { partitions: 4 })];
const folder = useTemporaryFolder(test);
const aFolder = () => mkdtemp(join(folder, 'a-'));

function environment({ url, schema } = database): Record<string, string> {
  return { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
}

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['export', ...argv], { cwd: folder, env: environment(), ...options });
}

async function aStoredHistory(length = 3): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents(aHistory(id, length));
  await database.store().commitSnapshot({ aggregateId: id, sequence: length, body: { n: length } });
  return id;
}

test('standard output gets the export, and standard error what it holds', async (t) => {
  const id = await aStoredHistory();
  const { code, stdout, stderr } = await maestro([id.hex]);

  t.deepEqual([code, stderr], [0, 'note: exported 3 events and 1 snapshot\n']);
  const lines = stdout.trimEnd().split('\n');
  t.deepEqual(JSON.parse(lines[0] ?? ''), { format: 'maestro-export', version: 1 });
  const stored = await runCli(['events', id.hex, '-o', 'ndjson'], { env: environment() });
  t.is(lines.slice(1, 4).join('\n'), stored.stdout.trimEnd(), 'events are written as `events` prints them');
  t.is(lines[4], `{"snapshot":{"aggregateId":"${id.hex}","sequence":3,"body":{"n": 3}}}`);
  const sha256 = createHash('sha256')
    .update(`${lines.slice(0, -1).join('\n')}\n`)
    .digest('hex');
  t.is(lines[5], `{"events":3,"snapshots":1,"sha256":"${sha256}"}`);

  t.deepEqual(await maestro([id.hex, '-q']), { code: 0, stdout, stderr: '' });
  t.deepEqual(await maestro([id.hex, id.hex, '-q', '-o', 'json']), { code: 0, stdout, stderr: '' });
});

test('a file gets the same, and standard output what it holds, in every form', async (t) => {
  const cwd = await aFolder();
  const id = await aStoredHistory();
  const { stdout: text } = await maestro([id.hex]);
  const { events, snapshots, sha256 } = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;

  const table = await maestro([id.hex, '--file', 'one.ndjson'], { cwd });
  t.deepEqual([table.code, table.stderr], [0, '']);
  t.regex(table.stdout, /^file +one\.ndjson\nevents +3\nsnapshots +1\nsha-256 +[0-9a-f]{64}\n$/);
  for (const format of ['json', 'ndjson']) {
    const { stdout } = await maestro([id.hex, '--file', 'two.ndjson', '--force', '-o', format], { cwd });
    t.deepEqual(JSON.parse(stdout), { file: 'two.ndjson', events, snapshots, sha256 });
    t.is(stdout.split('\n').length, 2);
  }
  t.is((await maestro([id.hex, '--file', 'three.ndjson', '-q'], { cwd })).stdout, 'three.ndjson\n');
  for (const file of ['one', 'two', 'three']) t.is(readFileSync(join(cwd, `${file}.ndjson`), 'utf8'), text);
});

test('what is chosen by type or time is no whole history, which is said, and has no snapshots', async (t) => {
  const id = await aStoredHistory();
  for (const [argv, events] of [
    [['--type', 'happened'], 3],
    [['--type', 'none', '--type', 'happened'], 3],
    [['--since', '2000-01-01'], 3],
    [['--until', '2000-01-01'], 0],
    [['--type', 'none'], 0],
  ] as const) {
    const { code, stdout, stderr } = await maestro([id.hex, ...argv]);
    t.is(code, 0);
    t.like(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''), { events, snapshots: 0 });
    t.regex(stderr, /note: the export has only parts of histories, and no snapshots\n$/);
  }
});

test('a file that is there is only replaced with --force, and what is no file never is', async (t) => {
  const cwd = await aFolder();
  const id = await aStoredHistory();
  writeFileSync(join(cwd, 'f'), 'old');
  mkdirSync(join(cwd, 'folder'));
  for (const [argv, problem] of [
    [['--file', 'f'], 'error: The file f exists already.\nhint: Nothing was written.'],
    [['--file', 'folder'], 'error: The file folder exists already.'],
    [['--file', 'folder', '--force'], 'error: folder is not a regular file, so it cannot be replaced.'],
    [['--file', 'nowhere/f'], 'error: The file nowhere/f cannot be written: ENOENT.'],
    [['--file', 'f/g'], 'error: The file f/g cannot be written: ENOTDIR.'],
    [['--force'], 'error: --force works only together with --file.'],
  ] as const) {
    const { code, stdout, stderr } = await maestro([id.hex, ...argv], { cwd });
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.true(stderr.startsWith(problem), stderr);
  }
  t.is(readFileSync(join(cwd, 'f'), 'utf8'), 'old');
  t.is((await maestro([id.hex, '--file', 'f', '--force'], { cwd })).code, 0);
  t.true(readFileSync(join(cwd, 'f'), 'utf8').startsWith('{"format"'));
  t.deepEqual(readdirSync(cwd).sort(), ['f', 'folder']);
});

test('a terminal gets no export, and ids must be known', async (t) => {
  const id = await aStoredHistory();
  const shown = await maestro([id.hex], { terminal: 80 });
  t.deepEqual([shown.code, shown.stdout], [2, '']);
  t.true(shown.stderr.includes('Standard output is a terminal.'));

  const cwd = await aFolder();
  for (const [argv, code] of [
    [[anId().hex], 3],
    [[id.hex, anId().hex, '--file', 'f'], 3],
    [['x'], 2],
    [[id.hex, '--since', 'sometime'], 2],
  ] as const) {
    const outcome = await maestro(argv, { cwd });
    t.deepEqual([outcome.code, outcome.stdout], [code, ''], argv.join(' '));
  }
  t.deepEqual(readdirSync(cwd), []);
  const nowhere = await maestro(['--file', 'f'], { cwd, env: environment({ ...database, schema: 'nowhere' }) });
  t.is(nowhere.code, 2);
  t.true(nowhere.stderr.includes('maestro migrate'));
  t.deepEqual(readdirSync(cwd), []);
});

// What follows runs the built program, one after another, on a log of its own.

const COUNT = 100_000;
const ONE_OF_THEM = createHash('md5').update('7').digest('hex');

/** 100,000 events with 35 MB of bodies in 1,000 aggregates, and a snapshot of each. */
test.serial.before(async () => {
  await long.knex.raw(
    `INSERT INTO "${long.schema}".event_log
     SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(md5((n % 1000)::text), 'hex'), n / 1000 + 1, 'grown',
       jsonb_build_object('n', n / 10.0, 'text', repeat('x', 350))
     FROM generate_series(0, ?::integer - 1) n`,
    [COUNT],
  );
  await long.knex.raw(
    `INSERT INTO "${long.schema}".snapshots
     SELECT aggregate_id, max(sequence), jsonb_build_object('n', count(*)) FROM "${long.schema}".event_log GROUP BY 1`,
  );
});

function start(argv: readonly string[], cwd: string, options: Partial<ProgramOptions> = {}) {
  return startProgram(argv, { cwd, env: environment(long), ...options });
}

test.serial('100,000 events are moved and come back the same, byte for byte, within little memory', async (t) => {
  const cwd = await aFolder();
  const nodeFlags = ['--max-old-space-size=56'];
  const there = { nodeFlags, env: environment(copy) };

  const exported = await outcomeOf(start(['export', '--file', 'a.ndjson', '-o', 'json'], cwd, { nodeFlags }));
  t.is(exported.code, 0, exported.stderr);
  t.like(JSON.parse(exported.stdout), { events: COUNT, snapshots: 1000 });
  t.true(statSync(join(cwd, 'a.ndjson')).size > 52e6);
  const imported = await outcomeOf(start(['import', '--file', 'a.ndjson', '-o', 'json'], cwd, there));
  t.is(imported.code, 0, imported.stderr);
  t.like(JSON.parse(imported.stdout), { events: COUNT, present: 0, snapshots: 1000, skipped: [], incomplete: 0 });
  const again = await outcomeOf(start(['export', '--file', 'b.ndjson'], cwd, there));
  t.is(again.code, 0, again.stderr);
  t.true(readFileSync(join(cwd, 'a.ndjson')).equals(readFileSync(join(cwd, 'b.ndjson'))));
});

test.serial('a reader that takes one line and goes ends an export quietly', async (t) => {
  const child = start(['export', '-q'], folder);
  const ended = once(child, 'close');
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  child.stdout?.destroy();
  t.true(chunk.includes('\n'));
  t.deepEqual([await ended, complaints], [[0, null], '']);
});

test.serial('an export that is killed leaves no file, and the next one succeeds', async (t) => {
  const cwd = await aFolder();
  const locked = await long.knex.transaction();
  try {
    // Snapshots come after the events, so it is killed in the midst of it.
    const table = `"${long.schema}".snapshots`;
    await locked.raw(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
      const child = start(['export', ONE_OF_THEM, '--file', 'f'], cwd);
      await untilItWaitsFor(table, long.knex, child);
      t.regex(readdirSync(cwd).join(' '), /^\.f\.[0-9a-f]{8}\.partial( \.f\.[0-9a-f]{8}\.partial)?$/);
      await killProgram(child, signal);
      t.false(existsSync(join(cwd, 'f')), signal);
    }
    t.is(readdirSync(cwd).length, 1, 'only a kill leaves something, under another name');
  } finally {
    await locked.rollback();
  }
  t.is((await outcomeOf(start(['export', ONE_OF_THEM, '--file', 'f'], cwd))).code, 0);
  t.true(existsSync(join(cwd, 'f')));
});

test.serial('an export for which there is no room leaves no file, and says so', async (t) => {
  const cwd = await aFolder();
  writeFileSync(join(cwd, 'f'), 'old');
  // A limit of the size of files is what a full disk is: writing fails in the midst of it.
  const shell = `trap '' XFSZ; ulimit -f 8192; exec "$@"`;
  for (const [hint, ...argv] of [
    ['It was not changed.', '--file', 'f', '--force'],
    ['No file was created.', '--file', 'g'],
  ] as const) {
    const { code, stdout, stderr } = await outcomeOf(start(['export', ...argv], cwd, { shell }));
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.true(stderr.startsWith(`error: The file ${argv[1]} cannot be written: EFBIG.\nhint: ${hint}`), stderr);
  }
  t.deepEqual(readdirSync(cwd), ['f']);
  t.is(readFileSync(join(cwd, 'f'), 'utf8'), 'old');
});
