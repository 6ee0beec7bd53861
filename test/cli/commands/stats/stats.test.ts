import { stripVTControlCharacters } from 'node:util';
import { fc } from '@fast-check/ava';
import test from 'ava';
import stringWidth from 'string-width';
import { Timestamp } from '../../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../../support/cli/cli.js';
import { type TestDatabase, useTestDatabase } from '../../../support/database.js';
import { anEvent, anId } from '../../../support/data/factories.js';
import { fillSampleLog, SAMPLE_TYPES, type SampleLog } from '../../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const empty = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const days = useTestDatabase(test);
const zones = useTestDatabase(test);
const far = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

function maestro(database: TestDatabase, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['stats', ...argv], { env, ...options });
}

async function json<Value>(database: TestDatabase, ...argv: string[]): Promise<Value> {
  return JSON.parse((await maestro(database, [...argv, '-o', 'json'])).stdout) as Value;
}

/** Stores an event at each of these times. */
async function storeAt(database: TestDatabase, times: readonly number[]): Promise<void> {
  const id = anId();
  const events = times.map((time, index) =>
    anEvent(id, { sequence: index + 1, timestamp: Timestamp.of({ time, counter: index, nodeId: 7n }) }),
  );
  await database.store().commitEvents(events);
}

interface Group {
  readonly events: number;
}

// Alone, since it changes the time zone of the process.
test.serial('a day is one of the local time zone, whatever that is and was', async (t) => {
  const times = fc.sample(fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2026, 0) }), { numRuns: 300, seed: 3 });
  const midnights = [0, 900_000, 1_800_000, 2_700_000].flatMap((quarter) => [
    Date.UTC(2026, 2, 29) + quarter - 1,
    Date.UTC(2026, 2, 29) + quarter,
  ]);
  const all = [...times, ...midnights];
  await storeAt(zones, all);
  const usual = process.env['TZ'];
  try {
    for (const timeZone of ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia']) {
      process.env['TZ'] = timeZone;
      const local = new Intl.DateTimeFormat('sv', { timeZone });
      const expected = new Map<string, number>();
      for (const time of all.toSorted((a, b) => a - b))
        expected.set(local.format(time), (expected.get(local.format(time)) ?? 0) + 1);
      t.deepEqual(
        await json(zones, '--by', 'day'),
        [...expected].map(([day, events]) => ({ day, events })),
        timeZone,
      );
    }
  } finally {
    if (usual === undefined) delete process.env['TZ'];
    else process.env['TZ'] = usual;
  }
});

test('the summary says what is there, and draws the last fourteen days with events', async (t) => {
  const day = (number: number, hour = 12) => new Date(2026, 0, number, hour).getTime();
  const counts = [8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 16];
  await storeAt(
    days,
    counts.flatMap((count, index) => Array.from({ length: count }, () => day(index + 1))),
  );

  const { code, stdout, stderr } = await maestro(days, []);

  t.is(code, 0);
  t.is(stderr, 'note: these are the last 14 days with events; --by day counts all 16\n');
  const [facts = '', chart = ''] = stdout.split('\n\n');
  t.regex(facts, /^events {14}42$/m);
  t.regex(facts, /^aggregates {10}1$/m);
  t.regex(facts, /^first event {9}2026-01-01 12:00:00\.000$/m);
  t.regex(facts, /^last event {10}2026-01-16 12:00:00\.000$/m);
  t.regex(facts, /^event log {11}[\d.]+KB, indexes [\d.]+KB$/m);
  t.regex(facts, /^longest aggregates {2}[0-9a-f]{32}: 42 events$/m);
  t.deepEqual(chart.split('\n').slice(0, -1), [
    'DAY         EVENTS',
    '2026-01-03       2  ██▌',
    ...Array.from({ length: 12 }, (_, index) => `2026-01-${String(index + 4).padStart(2, '0')}       1  █▎`),
    '2026-01-16      16  ████████████████████',
  ]);
  t.is((await maestro(days, ['--by', 'day'])).stdout.split('\n').length, 1 + counts.length + 1);
  t.regex((await maestro(days, ['--by', 'day', '-q'])).stdout, /^2026-01-01\n2026-01-02\n/);
});

test('a time past the year 9999 has a line of its own, the last', async (t) => {
  await storeAt(far, [0, 2 ** 48 - 1]);
  const [, last] = await json<{ day: string; events: number }[]>(far, '--by', 'day');
  t.deepEqual(last, { day: 'after the year 9999', events: 1 });
  t.regex((await maestro(far, [])).stdout, /^last event +after the year 9999$/m);
});

for (const [layout, database] of Object.entries(layouts)) {
  test(`every grouping counts every event once, ${layout} layout`, async (t) => {
    const { events, snapshots } = logs.get(layout) as SampleLog;
    const aggregates = new Set(events.map(({ aggregateId }) => aggregateId.hex)).size;
    const sum = (groups: readonly Group[]) => groups.reduce((all, group) => all + group.events, 0);
    t.like(await json(database), { events: events.length, aggregates, snapshots: snapshots.size });
    for (const argv of [['type'], ['day'], ['partition'], ['aggregate', '--limit', '100000']]) {
      const groups = await json<Group[]>(database, '--by', ...argv);
      t.is(sum(groups), events.length, argv[0]);
      const lines = (await maestro(database, ['--by', ...argv, '-o', 'ndjson'])).stdout.split('\n').slice(0, -1);
      t.deepEqual(
        lines.map((line) => JSON.parse(line) as Group),
        groups,
      );
    }
    t.is((await json<Group[]>(database, '--by', 'aggregate')).length, 50);
    t.is((await json<Group[]>(database, '--by', 'aggregate', '--limit', '3')).length, 3);
  });

  test(`by partition, the tables that events are in have names, ${layout} layout`, async (t) => {
    const { stdout } = await maestro(database, ['--by', 'partition', '-q']);
    const names = layout === 'plain' ? ['event_log'] : ['event_log_0', 'event_log_1', 'event_log_2', 'event_log_3'];
    t.is(stdout, names.map((name) => `${database.schema}.${name}\n`).join(''));
    const table = await maestro(database, ['--by', 'partition']);
    t.regex(table.stdout, /^PARTITION +EVENTS +ROWS +INDEXES\n/);
    t.regex(table.stdout, /event_log(_\d)? +[\d,]+ +[\d.]+[KM]B +[\d.]+[KM]B {2}█+[▏▎▍▌▋▊▉]?$/m);
  });
}

test('json has the keys that tables have, times in milliseconds', async (t) => {
  const keys = async (...argv: string[]) => {
    const found = await json<object | object[]>(layouts.plain, ...argv);
    return Object.keys((Array.isArray(found) ? found[0] : found) as object);
  };
  const group = ['events', 'bodies', 'firstTime', 'lastTime'];
  t.deepEqual(await keys('--by', 'type'), ['type', ...group]);
  t.deepEqual(await keys('--by', 'aggregate'), ['aggregateId', ...group]);
  t.deepEqual(await keys('--by', 'day'), ['day', 'events']);
  t.deepEqual(await keys('--by', 'partition'), ['partition', 'events', 'log', 'indexes']);
  const summary = ['events', 'aggregates', 'snapshots', 'size', 'firstTime', 'lastTime', 'longest', 'days'];
  t.deepEqual((await keys()).sort(), summary.sort());
});

for (const [layout, database] of Object.entries(empty))
  test(`an empty log counts nothing and is no error, ${layout} layout`, async (t) => {
    const summary = await maestro(database, []);
    t.deepEqual([summary.code, summary.stderr], [0, '']);
    t.regex(summary.stdout, /^events +0$/m);
    t.regex(summary.stdout, /^first event +none$/m);
    t.like(await json(database), { events: 0, firstTime: null, lastTime: null, longest: [], days: [] });
    for (const group of ['type', 'day', 'aggregate']) {
      const note = 'note: the log is empty\n';
      t.deepEqual(await maestro(database, ['--by', group]), { code: 0, stdout: '', stderr: note });
      t.deepEqual(await maestro(database, ['--by', group, '-o', 'json']), { code: 0, stdout: '[]\n', stderr: note });
    }
    t.regex((await maestro(database, ['--by', 'partition'])).stdout, /event_log\S* +0 +[\d.]+KB +[\d.]+KB$/m);
    t.is((await maestro(database, ['-q'])).stdout, '');
  });

test('-q prints the ids of the longest aggregates, or of what is counted by', async (t) => {
  const longest = await json<{ aggregateId: string }[]>(layouts.plain, '--by', 'aggregate', '--limit', '5');
  t.is((await maestro(layouts.plain, ['-q'])).stdout, longest.map(({ aggregateId }) => `${aggregateId}\n`).join(''));
});

test('types that would act on a terminal are escaped everywhere', async (t) => {
  for (const options of [
    ['--by', 'type'],
    ['--by', 'type', '-q'],
  ])
    for (const terminal of [40, 200]) {
      const { stdout } = await maestro(layouts.plain, [...options, '--color', 'never'], { terminal });
      t.true(stdout.includes('\\u001b[2J'));
      t.notRegex(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      t.is(stdout.trimEnd().split('\n').length, SAMPLE_TYPES.length + (options.includes('-q') ? 0 : 1));
    }
});

test('in a terminal every table fits', async (t) => {
  for (const columns of [33, 60, 100])
    for (const argv of [
      [],
      ['--by', 'type'],
      ['--by', 'aggregate', '--limit', '3'],
      ['--by', 'partition'],
      ['--by', 'day'],
    ]) {
      const { stdout } = await maestro(layouts.partitioned, argv, { terminal: columns });
      for (const line of stripVTControlCharacters(stdout).split('\n'))
        t.true(stringWidth(line) <= columns, `${columns} ${argv.join(' ')}: ${line}`);
    }
});

test('what cannot be counted by, and a limit where there is none, are wrong usage', async (t) => {
  for (const argv of [
    ['--by', 'hour'],
    ['--by', 'aggregate', '--limit', '0'],
    ['--limit', '5'],
    ['--by', 'type', '--limit', '5'],
    ['type'],
  ]) {
    const { code, stdout, stderr } = await maestro(layouts.plain, argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, /^error: /);
  }
});
