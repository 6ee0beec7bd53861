import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { killProgram, outcomeOf, startProgram, untilItWaitsFor } from '../../support/cli/program.js';

const database = useTestDatabase(test);
const other = useTestDatabase(test, { partitions: 3 });
const lonely = useTestDatabase(test);
const folder = useTemporaryFolder(test);

function environment({ url, schema } = database): Record<string, string> {
  return { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
}

/** Imports into the other database. */
function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['import', ...argv], { cwd: folder, env: environment(other), ...options });
}

/** The text of an export of these aggregates. */
async function exportOf(ids: readonly Timestamp[], from = database): Promise<string> {
  return (await runCli(['export', '-q', ...ids.map(({ hex }) => hex)], { env: environment(from) })).stdout;
}

async function aStoredHistory(length = 3): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents(aHistory(id, length));
  await database.store().commitSnapshot({ aggregateId: id, sequence: length, body: { n: length } });
  return id;
}

/** Number of events of an aggregate in the other database. */
async function countOf(id: Timestamp): Promise<number> {
  return (await other.store().getEvents(id, 1)).length;
}

test('an export is imported from standard input or a file, and a second time adds nothing', async (t) => {
  const id = await aStoredHistory();
  const text = await exportOf([id]);
  const file = join(await mkdtemp(join(folder, 'a-')), 'f.ndjson');
  writeFileSync(file, text);

  const first = await maestro([], { stdin: text });
  t.deepEqual([first.code, first.stderr], [0, '']);
  t.is(
    first.stdout,
    'events imported      3\nalready there        0\nsnapshots stored     1\naggregates left out  none\n',
  );
  t.is(await exportOf([id], other), text);

  const second = await maestro(['--file', file, '-o', 'json']);
  t.deepEqual([second.code, second.stderr], [0, '']);
  const report = { dryRun: false, events: 0, present: 3, snapshots: 0, skipped: [], incomplete: 0 };
  t.deepEqual(JSON.parse(second.stdout), report);
  t.is((await maestro(['--file', file, '-o', 'ndjson'])).stdout, second.stdout);
  t.deepEqual(await maestro(['--file', '-', '-q'], { stdin: text }), { code: 0, stdout: '', stderr: '' });
  t.is(await exportOf([id], other), text);
});

test('a dry run says what would happen, and leaves nothing', async (t) => {
  const id = await aStoredHistory();
  const { code, stdout, stderr } = await maestro(['--dry-run'], { stdin: await exportOf([id]) });
  t.deepEqual([code, stderr], [0, 'note: this was a dry run: nothing was written\n']);
  t.regex(stdout, /^events to import +3\nalready there +0\nsnapshots to store +1\n/);
  t.is(await countOf(id), 0);
});

test('a conflict refuses the import with its line, or leaves the aggregate out', async (t) => {
  const ids = [await aStoredHistory(), await aStoredHistory()] as const;
  const stdin = await exportOf(ids);
  await other.store().commitEvents([anEvent(ids[1], { type: 'another' })]);

  const refused = await maestro([], { stdin });
  t.deepEqual([refused.code, refused.stdout], [5, '']);
  t.is(
    refused.stderr,
    `error: Line 5 of the export (aggregate ${ids[1].hex}): the log has another event at this sequence.\n` +
      'hint: Nothing was imported. Compare the aggregate in the log and in the export, or leave out those in conflict with --on-conflict skip.\n',
  );
  const json = await maestro(['--on-conflict', 'fail', '-o', 'json'], { stdin });
  t.like(JSON.parse(json.stderr), { error: { code: 'MAESTRO_IMPORT_CONFLICT' } });
  t.deepEqual([await countOf(ids[0]), await countOf(ids[1])], [0, 1]);

  const skipping = ['--on-conflict', 'skip'];
  t.is((await maestro([...skipping, '--dry-run', '-q'], { stdin })).stdout, `${ids[1].hex}\n`);
  const skipped = await maestro(skipping, { stdin });
  t.is(skipped.code, 0);
  t.regex(skipped.stdout, new RegExp(`^events imported +3\n[^]*aggregates left out +1\n +${ids[1].hex}\n$`));
  t.deepEqual([await countOf(ids[0]), await countOf(ids[1])], [3, 1]);
});

test('histories of which the file has only parts are warned of', async (t) => {
  const id = await aStoredHistory();
  const stdin = (await runCli(['export', id.hex, '--type', 'none', '-q'], { env: environment() })).stdout;
  t.is((await maestro(['--dry-run'], { stdin })).stderr, 'note: this was a dry run: nothing was written\n');

  await database.store().commitEvents([anEvent(id, { sequence: 4, type: 'last' })]);
  const part = (await runCli(['export', id.hex, '--type', 'last', '-q'], { env: environment() })).stdout;
  const { code, stderr } = await maestro([], { stdin: part });
  t.is(code, 0);
  t.regex(stderr, /^warning: The export has only parts of the histories of 1 aggregate; `maestro verify` lists/);
});

test('a file that is not whole is refused with its line, and bad input is wrong usage', async (t) => {
  const id = await aStoredHistory();
  const text = await exportOf([id]);
  for (const [argv, stdin, problem] of [
    [[], '', 'Line 1 of the export is missing'],
    [[], text.slice(0, -1), 'Line 6 of the export has no newline at its end: the file was cut short.'],
    [[], text.replace('"n": 2', '"n": 3'), 'Line 6 of the export has a checksum that does not match'],
    [['--file', 'nowhere'], '', 'The file nowhere cannot be read: ENOENT.'],
    [['--file', '.'], '', 'The file . cannot be read: EISDIR.'],
    [['--on-conflict', 'overwrite'], text, "--on-conflict: 'overwrite' is not one of fail, skip."],
    [['--read-only'], text, 'maestro import writes, which --read-only forbids.'],
  ] as const) {
    const { code, stdout, stderr } = await maestro(argv, { stdin });
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.true(stderr.startsWith(`error: ${problem}`), stderr);
  }
  const terminal = await maestro(['--no-input'], { terminal: 80 });
  t.is(terminal.code, 2);
  t.true(terminal.stderr.includes('Standard input is a terminal'), terminal.stderr);
  t.is(await countOf(id), 0);
});

test('an import that is killed leaves nothing, and the next one succeeds', async (t) => {
  const id = await aStoredHistory(200);
  const text = await exportOf([id]);
  const start = () => startProgram(['import', '-o', 'json'], { cwd: folder, env: environment(lonely) });
  const table = `"${lonely.schema}".snapshots`;

  const locked = await lonely.knex.transaction();
  try {
    // Snapshots are written after the events, so it is killed when those are in.
    await locked.raw(`LOCK TABLE ${table} IN SHARE MODE`);
    const child = start();
    child.stdin?.end(text);
    await untilItWaitsFor(table, lonely.knex, child);
    await killProgram(child);
  } finally {
    await locked.rollback();
  }
  const half = start();
  await new Promise((resolve) => half.stdin?.write(text.slice(0, text.length / 2), resolve));
  await killProgram(half);

  // Where the server has not noticed yet that they are gone, the same events wait until it has.
  const { code, stdout, stderr } = await outcomeOf(start(), text);
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { events: 200, present: 0, snapshots: 1 });
});

test('Ctrl-C while an import reads exits 130', async (t) => {
  const child = startProgram(['import'], { cwd: folder, env: environment(lonely) });
  const ended = once(child, 'close');
  // More than a pipe holds: when it is gone, the program has begun to read.
  await new Promise((resolve) => child.stdin?.write(Buffer.alloc(4 << 20, 'x'), resolve));
  child.kill('SIGINT');
  t.deepEqual(await ended, [130, null]);
});
