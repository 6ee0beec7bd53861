import { randomBytes } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import stringWidth from 'string-width';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { LEAST_COLUMNS } from '../../../src/cli/output/terminal.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema }, ...options });
}

async function sequencesOf(id: Timestamp, ...argv: string[]): Promise<number[]> {
  const { code, stdout } = await maestro(['events', id.hex, ...argv, '-o', 'json']);
  if (code !== 0) throw new Error(`exit ${code}`);
  return (JSON.parse(stdout) as { sequence: number }[]).map(({ sequence }) => sequence);
}

async function aStoredHistory(length: number): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents(aHistory(id, length));
  return id;
}

/** A history whose events have these times. */
async function aHistoryAt(times: readonly number[]): Promise<Timestamp> {
  const id = anId();
  const events = times.map((time, index) => anEvent(id, { sequence: index + 1, timestamp: aTimestampAt(time) }));
  await database.store().commitEvents(events);
  return id;
}

function aTimestampAt(time: number): Timestamp {
  return Timestamp.of({ time, nodeId: randomBytes(8).readBigUInt64BE() });
}

test('--min and --max are both inclusive', async (t) => {
  const id = await aStoredHistory(9);
  t.deepEqual(await sequencesOf(id), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.deepEqual(await sequencesOf(id, '--min', '3'), [3, 4, 5, 6, 7, 8, 9]);
  t.deepEqual(await sequencesOf(id, '--max', '3'), [1, 2, 3]);
  t.deepEqual(await sequencesOf(id, '--min', '3', '--max', '5'), [3, 4, 5]);
  t.deepEqual(await sequencesOf(id, '--min', '9', '--max', '9'), [9]);
  t.deepEqual(await sequencesOf(id, '--min', '1', '--max', '2147483647'), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('--limit, --reverse and the bounds work together, across pages', async (t) => {
  const id = await aStoredHistory(300);
  const all = Array.from({ length: 300 }, (_, index) => index + 1);
  t.deepEqual(await sequencesOf(id), all);
  t.deepEqual(await sequencesOf(id, '--reverse'), all.toReversed());
  t.deepEqual(await sequencesOf(id, '--limit', '5'), [1, 2, 3, 4, 5]);
  t.deepEqual(await sequencesOf(id, '--reverse', '--limit', '2'), [300, 299]);
  t.deepEqual(await sequencesOf(id, '--limit', '250'), all.slice(0, 250));
  t.deepEqual(await sequencesOf(id, '--limit', '1000'), all);
  t.deepEqual(
    await sequencesOf(id, '--min', '10', '--max', '290', '--reverse', '--limit', '280'),
    all.slice(10, 290).toReversed(),
  );
});

test('--type picks one type, and several when it is repeated', async (t) => {
  const id = anId();
  const types = ['opened', 'deposited', 'withdrawn', 'deposited', "o'brien", 'Deposited'];
  await database.store().commitEvents(types.map((type, index) => anEvent(id, { sequence: index + 1, type })));

  t.deepEqual(await sequencesOf(id, '--type', 'deposited'), [2, 4]);
  t.deepEqual(await sequencesOf(id, '--type', 'withdrawn', '--type', 'deposited'), [2, 3, 4]);
  t.deepEqual(await sequencesOf(id, '--type', 'deposited', '--reverse', '--limit', '1'), [4]);
  t.deepEqual(await sequencesOf(id, '--type', "o'brien"), [5]);
  t.deepEqual(await sequencesOf(id, '--type', 'closed'), []);
});

test('--since and --until take local times, zones, dates and timestamps, both inclusive', async (t) => {
  const at = (hour: number, minute: number, ms = 0) => new Date(2020, 6, 1, hour, minute, 0, ms).getTime();
  const id = await aHistoryAt([at(9, 0), at(12, 29, 999), at(12, 30), at(18, 0), new Date(2020, 6, 2).getTime()]);

  t.deepEqual(await sequencesOf(id, '--since', '2020-07-01 12:30'), [3, 4, 5]);
  t.deepEqual(await sequencesOf(id, '--until', '2020-07-01 12:30'), [1, 2, 3]);
  t.deepEqual(await sequencesOf(id, '--since', '2020-07-01 12:29:00.999', '--until', '2020-07-01 18:00'), [2, 3, 4]);
  t.deepEqual(await sequencesOf(id, '--since', '2020-07-02'), [5]);
  t.deepEqual(await sequencesOf(id, '--since', '2020-07-01', '--until', '2020-07-02'), [1, 2, 3, 4, 5]);
  const utc = new Date(at(12, 30)).toISOString();
  t.deepEqual(await sequencesOf(id, '--since', utc), [3, 4, 5]);
  t.deepEqual(await sequencesOf(id, '--until', utc.replace('Z', '+00:00')), [1, 2, 3]);
  t.deepEqual(await sequencesOf(id, '--since', Timestamp.of({ time: at(18, 0) }).toString()), [4, 5]);
  t.deepEqual(await sequencesOf(id, '--since', '1970-01-02', '--until', 'now'), [1, 2, 3, 4, 5]);
  t.deepEqual(await sequencesOf(id, '--since', 'now'), []);
});

test('--since "yesterday 14:34" means that time of yesterday', async (t) => {
  const now = Date.now();
  const id = await aHistoryAt([now - 3 * 86_400_000, now + 3_600_000]);
  t.deepEqual(await sequencesOf(id, '--since', 'yesterday 14:34'), [2]);
  t.deepEqual(await sequencesOf(id, '--until', 'yesterday 14:34'), [1]);
  t.deepEqual(await sequencesOf(id, '--since', 'yesterday', '--until', 'now'), []);
});

test('events are listed by sequence, also when their clocks disagree', async (t) => {
  const id = await aHistoryAt([3000, 1000, 2000]);
  t.deepEqual(await sequencesOf(id), [1, 2, 3]);
  t.deepEqual(await sequencesOf(id, '--since', '1970-01-01T00:00:02Z'), [1, 3]);
});

test('a range without events prints nothing and exits 0, an unknown aggregate exits 3', async (t) => {
  const id = await aStoredHistory(3);
  for (const argv of [
    ['--min', '4'],
    ['--type', 'closed'],
    ['--since', '2199-01-01'],
    ['--until', '1999-01-01'],
  ]) {
    const warning =
      argv[0] === '--type' ? 'warning: No event has the type "closed". `maestro stats --by type` lists them.\n' : '';
    const stderr = `note: no event was found\n${warning}`;
    t.deepEqual(await maestro(['events', id.hex, ...argv, '-o', 'json']), { code: 0, stdout: '[]\n', stderr });
    t.deepEqual(await maestro(['events', id.hex, ...argv, '-o', 'ndjson']), { code: 0, stdout: '', stderr });
    t.deepEqual(await maestro(['events', id.hex, ...argv, '-q']), { code: 0, stdout: '', stderr: warning });
    t.deepEqual(await maestro(['events', id.hex, ...argv]), { code: 0, stdout: '', stderr });
  }
  const unknown = await maestro(['events', anId().hex, '--min', '4']);
  t.deepEqual([unknown.code, unknown.stdout], [3, '']);
  t.regex(unknown.stderr, /^error: There is no aggregate .*\nhint: Check the id/);
});

test('bounds that leave nothing between them, and values that are none, are wrong usage', async (t) => {
  const id = anId().hex;
  for (const argv of [
    ['--min', '5', '--max', '4'],
    ['--min', '0'],
    ['--min', '1.5'],
    ['--min', '-1'],
    ['--min', ''],
    ['--max', '2147483648'],
    ['--max', '0x10'],
    ['--limit', '0'],
    ['--limit', '1e3'],
    ['--since', 'sometime'],
    ['--since', '2026-02-30'],
    ['--until', '24:00'],
  ]) {
    const { code, stdout, stderr } = await maestro(['events', id, ...argv]);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.true(stderr.includes(argv[0] ?? ''), stderr);
  }
});

test('json and ndjson hold the same events, key by key as in the library', async (t) => {
  const id = await aStoredHistory(3);
  const json = await maestro(['events', id.hex, '-o', 'json']);
  const ndjson = await maestro(['events', id.hex, '-o', 'ndjson']);

  const expected = (await database.store().getEvents(id, 1)).map((event) => ({
    aggregateId: id.hex,
    sequence: event.sequence,
    timestamp: event.timestamp.toString(),
    type: event.type,
    body: event.body,
  }));
  t.deepEqual(JSON.parse(json.stdout), expected);
  const lines = ndjson.stdout.split('\n');
  t.is(lines.pop(), '');
  t.deepEqual(
    lines.map((line) => JSON.parse(line)),
    expected,
  );
  t.deepEqual(Object.keys(JSON.parse(lines[0] ?? '')), ['aggregateId', 'sequence', 'timestamp', 'type', 'body']);
});

test('-q prints the timestamps, which name the events', async (t) => {
  const id = await aStoredHistory(3);
  const { stdout } = await maestro(['events', id.hex, '-q']);
  const events = await database.store().getEvents(id, 1);
  t.is(stdout, events.map(({ timestamp }) => `${timestamp.toString()}\n`).join(''));
});

test('piped, a table has full values in aligned columns and no colour', async (t) => {
  const id = anId();
  const body = { text: '長い'.repeat(200) };
  const [first, second] = [
    anEvent(id, { sequence: 1, type: 'opened', body }),
    anEvent(id, { sequence: 2, type: 'a_very_long_type_of_event_that_says_it_all', body: {} }),
  ] as const;
  await database.store().commitEvents([first, second]);

  const { stdout } = await maestro(['events', id.hex]);

  const width = second.type.length;
  t.is(
    stdout,
    [
      `SEQUENCE  ${'TIMESTAMP'.padEnd(46)}  ${'TYPE'.padEnd(width)}  BODY`,
      `       1  ${first.timestamp.toString()}  ${'opened'.padEnd(width)}  {"text": "${body.text}"}`,
      `       2  ${second.timestamp.toString()}  ${second.type}  {}\n`,
    ].join('\n'),
  );
});

test('in a terminal, a table fits its width, with local times and types in colour', async (t) => {
  const id = anId();
  const time = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
  const body = { note: '將棋 👩‍🚀 '.repeat(50) };
  await database
    .store()
    .commitEvents([
      anEvent(id, { sequence: 1, type: 'opened', body, timestamp: aTimestampAt(time) }),
      anEvent(id, { sequence: 2, type: '移動'.repeat(40), body }),
      anEvent(id, { sequence: 3, type: 'opened', body: { note: 'x'.repeat(400) } }),
    ]);

  for (let columns = LEAST_COLUMNS; columns <= 200; columns += 9) {
    const { stdout } = await maestro(['events', id.hex], { terminal: columns });
    const lines = stripVTControlCharacters(stdout).split('\n').slice(0, -1);
    if (columns >= 80) t.is(lines.length, 4);
    for (const sequence of [1, 2, 3]) t.is(lines.filter((line) => line.startsWith(`       ${sequence}`)).length, 1);
    for (const line of lines) t.true(stringWidth(line) <= columns, `${columns}: ${line}`);
    t.is(lines.at(-1)?.length, columns, 'a long body fills the line');
  }
  const { stdout } = await maestro(['events', id.hex], { terminal: 100 });
  t.true(stdout.includes('2026-01-02 03:04:05.067'));
  const colours = stdout.split('\n').flatMap((line) => /.*\[(\d+)mopened/.exec(line)?.[1] ?? []);
  t.is(colours.length, 2);
  t.is(new Set(colours).size, 1, 'one type has one colour');
});
