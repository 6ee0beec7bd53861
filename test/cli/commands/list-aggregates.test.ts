import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import stringWidth from 'string-width';
import { shortTime } from '../../../src/cli/render/local-time.js';
import type { NewEvent } from '../../../src/events.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { LEAST_COLUMNS } from '../../../src/cli/output/terminal.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { fillSampleLog, type SampleLog } from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const small = useTestDatabase(test);
const empty = useTestDatabase(test);
const hostile = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

/** Two histories: the first has a snapshot. */
const [first, second] = [anId(), anId()];
const firstHistory = aHistory(first, 3);
const secondHistory = [anEvent(second, { type: 'opened' })];

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
  await small.store().commitEvents([...firstHistory, ...secondHistory]);
  await small.store().commitSnapshot({ aggregateId: first, sequence: 2, body: {} });
});

function maestro(database: TestDatabase, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['aggregates', ...argv], { env, ...options });
}

function ends(history: readonly NewEvent[]): [first: Timestamp, last: Timestamp] {
  return [history.at(0)?.timestamp as Timestamp, history.at(-1)?.timestamp as Timestamp];
}

test('a table has an aggregate per line, with full values when it is piped', async (t) => {
  const times = (history: readonly NewEvent[]) => ends(history).join('  ');
  t.deepEqual(await maestro(small, []), {
    code: 0,
    stdout: [
      `${'AGGREGATE'.padEnd(32)}  EVENTS  ${'FIRST'.padEnd(46)}  ${'LAST'.padEnd(46)}  LAST TYPE  SNAPSHOT`,
      `${first.hex}       3  ${times(firstHistory)}  happened          2`,
      `${second.hex}       1  ${times(secondHistory)}  opened\n`,
    ].join('\n'),
    stderr: '',
  });
});

test('json and ndjson hold the same, with whole timestamps', async (t) => {
  const summary = (id: Timestamp, history: readonly NewEvent[], snapshot: number | null) => ({
    aggregateId: id.hex,
    events: history.length,
    sequence: history.length,
    first: history[0]?.timestamp.toString(),
    last: history.at(-1)?.timestamp.toString(),
    type: history.at(-1)?.type,
    snapshot,
  });
  const expected = [summary(first, firstHistory, 2), summary(second, secondHistory, null)];
  t.deepEqual(JSON.parse((await maestro(small, ['-o', 'json'])).stdout), expected);
  const { stdout } = await maestro(small, ['-o', 'ndjson']);
  t.is(stdout, expected.map((item) => `${JSON.stringify(item)}\n`).join(''));
});

test('-q prints the ids, and filters and orders choose among them', async (t) => {
  const ids = async (...argv: string[]) => (await maestro(small, [...argv, '-q'])).stdout.split('\n').slice(0, -1);
  t.deepEqual(await ids(), [first.hex, second.hex]);
  t.deepEqual(await ids('--sort', 'events'), [first.hex, second.hex]);
  t.deepEqual(await ids('--sort', 'last'), [second.hex, first.hex]);
  t.deepEqual(await ids('--with-snapshot'), [first.hex]);
  t.deepEqual(await ids('--type', 'opened'), [second.hex]);
  t.deepEqual(await ids('--type', 'opened', '--type', 'happened'), [first.hex, second.hex]);
  t.deepEqual(await ids('--since', 'now'), []);
  t.deepEqual(await ids('--until', '2001-01-01'), []);
  t.deepEqual(await ids('--limit', '9007199254740990'), [first.hex, second.hex]);
});

for (const [layout, database] of Object.entries(layouts))
  test(`the cursor that a page names leads to the next, until there is none, ${layout} layout`, async (t) => {
    const all = [...new Set((logs.get(layout) as SampleLog).events.map(({ aggregateId }) => aggregateId.hex))].sort();
    for (const sort of ['id', 'events', 'last']) {
      const seen: string[] = [];
      for (let cursor: string[] = []; ;) {
        const { code, stdout, stderr } = await maestro(database, [
          '--sort',
          sort,
          '--limit',
          '97',
          ...cursor,
          '-o',
          'ndjson',
        ]);
        t.is(code, 0, stderr);
        seen.push(
          ...stdout
            .split('\n')
            .slice(0, -1)
            .map((line) => (JSON.parse(line) as { aggregateId: string }).aggregateId),
        );
        if (stderr === '') break;
        const [, after] = /^note: there are more: add --after (\S+), or a larger --limit\n$/.exec(stderr) ?? [];
        t.is(typeof after, 'string', stderr);
        cursor = ['--after', String(after)];
      }
      t.deepEqual(seen.sort(), all);
    }
  });

test('-q says nothing beside the ids, and a page that holds all says nothing either', async (t) => {
  t.deepEqual(await maestro(small, ['--limit', '1', '-q']), { code: 0, stdout: `${first.hex}\n`, stderr: '' });
  t.is(
    (await maestro(small, ['--limit', '1'])).stderr,
    `note: there are more: add --after ${first.hex}, or a larger --limit\n`,
  );
  t.is((await maestro(small, ['--limit', '2'])).stderr, '');
});

test('nothing to list is no error', async (t) => {
  const nothing = 'note: no aggregate was found\n';
  for (const [argv, stdout] of [
    [[], ''],
    [['-o', 'json'], '[]\n'],
    [['-o', 'ndjson'], ''],
  ] as const) {
    const listed = await maestro(empty, argv);
    t.like(listed, { code: 0, stdout });
    t.true(listed.stderr.startsWith(`${nothing}note: the log in schema `), listed.stderr);
  }
  t.deepEqual(await maestro(empty, ['-q']), { code: 0, stdout: '', stderr: '' });
});

test('values that are none, and a cursor of another order, are wrong usage', async (t) => {
  for (const argv of [
    ['--limit', '0'],
    ['--limit', '9007199254740991'],
    ['--sort', 'size'],
    ['--since', 'sometime'],
    ['--after', 'here'],
    ['--after', first.hex, '--sort', 'last'],
    ['--after', first.hex, '--sort', 'events'],
    ['--after', `3:${first.hex}`],
    ['--after', ''],
    [first.hex],
  ]) {
    const { code, stdout, stderr } = await maestro(small, argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, /^error: /);
  }
  const { stderr } = await maestro(small, ['--after', 'here', '-o', 'json']);
  t.like(JSON.parse(stderr), { error: { code: 'MAESTRO_INVALID_ARGUMENT' } });
});

test('in a terminal times are local', async (t) => {
  const { stdout } = await maestro(small, [], { terminal: 120 });
  t.true(
    stripVTControlCharacters(stdout).includes(
      ends(firstHistory)
        .map(({ time }) => shortTime(time))
        .join('  '),
    ),
  );
});

test('in a terminal the table fits, and shortens ids rather than leaving columns out', async (t) => {
  for (let columns = LEAST_COLUMNS; columns <= 150; columns += 13) {
    const { stdout } = await maestro(layouts.plain, ['--limit', '20'], { terminal: columns });
    for (const line of stripVTControlCharacters(stdout).split('\n')) t.true(stringWidth(line) <= columns, line);
    t.is(stdout.match(/^[0-9a-f]{16}/gm)?.length, 20);
    if (columns >= 120) t.is(stdout.match(/^[0-9a-f]{32} /gm)?.length, 20);
    if (columns >= 80) t.true(stdout.includes('LAST TYPE'));
  }
});

test('a stored type reaches no terminal raw, and json passes it through', async (t) => {
  const types = ['\u001b[2J', '\u202egnp.exe', '\n  forged', '\u009b1m'];
  for (const type of types)
    await hostile.knex.raw(`INSERT INTO "${hostile.schema}".event_log VALUES (?, ?, 1, ?, '{}')`, [
      anId().encode(),
      anId().encode(),
      type,
    ]);
  for (const terminal of [undefined, 60]) {
    const { stdout } = await maestro(hostile, ['--color', 'never'], terminal === undefined ? {} : { terminal });
    t.is(stdout.split('\n').length, 1 + types.length + 1);
    t.notRegex(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  }
  const { stdout } = await maestro(hostile, ['-o', 'json']);
  t.deepEqual(
    (JSON.parse(stdout) as { type: string }[]).map(({ type }) => type),
    types,
  );
});
