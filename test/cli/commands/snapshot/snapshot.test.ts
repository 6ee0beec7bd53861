import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Timestamp } from '../../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../../support/database.js';
import { aHistory, anId } from '../../../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(argv, { cwd: folder, env, ...options });
}

async function aStoredHistory(length: number): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents(aHistory(id, length));
  return id;
}

function put(id: Timestamp, sequence: number, ...argv: string[]): Promise<CliResult> {
  return maestro(['snapshot', 'put', id.hex, '--sequence', String(sequence), '--body', '{"n": 1}', ...argv]);
}

test('what is put is what get shows', async (t) => {
  const id = await aStoredHistory(5);

  t.deepEqual(await put(id, 3), { code: 0, stdout: `aggregate  ${id.hex}\nsequence   3, stored\n`, stderr: '' });

  const { stdout } = await maestro(['snapshot', 'get', id.hex, '-o', 'json']);
  t.is(stdout, `{"aggregateId":"${id.hex}","sequence":3,"body":{"n": 1}}\n`);
  t.is((await maestro(['snapshot', 'get', id.hex, '-o', 'ndjson'])).stdout, stdout);
  t.is((await maestro(['snapshot', 'get', id.hex])).stdout, `aggregate  ${id.hex}\nsequence   3\n{"n": 1}\n`);
  t.is((await maestro(['snapshot', 'get', id.hex, '-q'])).stdout, `${id.hex}\n`);
});

test('put prints what it stored as json, and the id with -q', async (t) => {
  const id = await aStoredHistory(5);
  t.is((await put(id, 3, '-o', 'json')).stdout, `{"aggregateId":"${id.hex}","sequence":3}\n`);
  t.is((await put(id, 4, '-o', 'ndjson')).stdout, `{"aggregateId":"${id.hex}","sequence":4}\n`);
  t.is((await put(id, 5, '-q')).stdout, `${id.hex}\n`);
});

test('the state can come from a file or from standard input, over many lines', async (t) => {
  const id = await aStoredHistory(5);
  const state = '{\n  "name": "Ada",\n  "tags": ["ä", "👋"]\n}\n';
  writeFileSync(join(folder, 'state.json'), state);
  const stored = async () => JSON.parse((await maestro(['snapshot', 'get', id.hex, '-o', 'json'])).stdout);

  await maestro(['snapshot', 'put', id.hex, '--sequence', '1', '--file', 'state.json']);
  t.deepEqual(await stored(), { aggregateId: id.hex, sequence: 1, body: JSON.parse(state) });
  await maestro(['snapshot', 'put', id.hex, '--sequence', '2', '--file', '-'], { stdin: state });
  t.deepEqual(await stored(), { aggregateId: id.hex, sequence: 2, body: JSON.parse(state) });
});

test('a snapshot replaces an older one, and never one that is as new or newer', async (t) => {
  const id = await aStoredHistory(5);
  t.is((await put(id, 2)).code, 0);
  t.is((await put(id, 4)).code, 0);
  for (const sequence of [1, 4]) {
    const { code, stdout, stderr } = await put(id, sequence, '--body', '{"n": 2}');
    t.deepEqual([code, stdout], [5, '']);
    t.regex(
      stderr,
      /^error: A snapshot of [0-9a-f]{32} at sequence \d or later is already stored\.\nhint: Nothing was written/,
    );
  }
  const { stdout } = await maestro(['snapshot', 'get', id.hex, '-o', 'json']);
  t.deepEqual(JSON.parse(stdout), { aggregateId: id.hex, sequence: 4, body: { n: 1 } });
});

test('--min and --max are inclusive; a snapshot outside of them exits 3', async (t) => {
  const id = await aStoredHistory(5);
  await put(id, 3);
  for (const [argv, code] of [
    [['--min', '3', '--max', '3'], 0],
    [['--min', '0', '--max', '2147483647'], 0],
    [['--min', '4'], 3],
    [['--max', '2'], 3],
    [['--max', '0'], 3],
  ] as const)
    t.is((await maestro(['snapshot', 'get', id.hex, ...argv])).code, code, argv.join(' '));
});

test('no snapshot, or no aggregate, exits 3 and says so', async (t) => {
  const without = await maestro(['snapshot', 'get', (await aStoredHistory(1)).hex]);
  t.deepEqual([without.code, without.stdout], [3, '']);
  t.regex(without.stderr, /^error: There is no snapshot of [0-9a-f]{32}.*\nhint: /);

  const unknown = await put(anId(), 1);
  t.deepEqual([unknown.code, unknown.stdout], [3, '']);
  t.regex(unknown.stderr, /^error: There is no aggregate/);
});

test('a state of a sequence that is not there yet, or no JSON object, is refused', async (t) => {
  const id = await aStoredHistory(2);
  for (const [argv, complaint] of [
    [['--sequence', '3', '--body', '{}'], /last sequence is 2, so there is no state at 3/],
    [['--sequence', '0', '--body', '{}'], /--sequence/],
    [['--body', '{}'], /--sequence/],
    [['--sequence', '1'], /--body or with --file/],
    [['--sequence', '1', '--body', '{}', '--file', 'state.json'], /--body and --file are two ways/],
    [['--sequence', '1', '--body', '[1]'], /not a JSON object/],
    [['--sequence', '1', '--body', '{"a":1,"a":2}'], /"a" occurs twice/],
    [['--sequence', '1', '--body', '{"a":"\\u0000"}'], /body\.a contains U\+0000/],
    [['--sequence', '1', '--body', `{"a":${'['.repeat(500)}${']'.repeat(500)}}`], /deeper than 500/],
    [['--sequence', '1', '--file', 'missing.json'], /missing\.json cannot be read: ENOENT/],
    [['--sequence', '1', '--file', '-'], /Standard input is not valid JSON/],
  ] as const) {
    const { code, stdout, stderr } = await maestro(['snapshot', 'put', id.hex, ...argv]);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, complaint);
  }
  t.is((await maestro(['snapshot', 'get', id.hex])).code, 3, 'nothing was written');
});
