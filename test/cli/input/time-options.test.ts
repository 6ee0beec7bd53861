import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

// All of this file is told in this zone: it has a process of its own.
process.env['TZ'] = 'Europe/Berlin';

const database = useTestDatabase(test);
const id = anId();
const TIMES = [
  '2026-10-24T21:59:59.999Z',
  '2026-10-24T22:00:00.000Z',
  '2026-10-25T00:30:00.000Z',
  '2026-10-25T01:30:00.250Z',
  '2026-10-25T22:59:59.999Z',
  '2026-10-25T23:00:00.000Z',
];

test.before(async () => {
  await database
    .store()
    .commitEvents(
      TIMES.map((time, index) =>
        anEvent(id, { sequence: index + 1, timestamp: Timestamp.of({ time: Date.parse(time), nodeId: 5n }) }),
      ),
    );
});

function maestro(...argv: string[]): Promise<CliResult> {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema } });
}

async function sequences(...argv: string[]): Promise<number[]> {
  const { stdout } = await maestro('search', ...argv, '-o', 'json');
  return (JSON.parse(stdout) as { sequence: number }[]).map(({ sequence }) => sequence);
}

test('--since and --until with one date are that whole day, also one of 25 hours', async (t) => {
  t.deepEqual(await sequences('--since', '2026-10-25', '--until', '2026-10-25'), [2, 3, 4, 5]);
  t.deepEqual(await sequences('--until', '2026-10-24'), [1]);
  t.deepEqual(await sequences('--since', '2026-10-26'), [6]);
});

test('what is finer than a millisecond keeps what is asked for', async (t) => {
  for (const [option, text, expected] of [
    ['--since', '2026-10-25 01:30:00.250000+00', [4, 5, 6]],
    ['--since', '2026-10-25 01:30:00.250001+00', [5, 6]],
    ['--until', '2026-10-25 01:30:00.249999+00', [1, 2, 3]],
    ['--until', '2026-10-25 01:30:00.250001+00', [1, 2, 3, 4]],
    ['--until', '2026-10-25 01:30:00+00', [1, 2, 3, 4]],
  ] as const)
    t.deepEqual(await sequences(option, text), [...expected], `${option} ${text}`);
});

test('an hour that exists twice is taken whole, and standard error says so', async (t) => {
  const { code, stdout, stderr } = await maestro(
    'search',
    '--since',
    '2026-10-25 02:30',
    '--until',
    '2026-10-25 02:30',
    '-q',
  );
  t.is(code, 0);
  t.not(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  t.is(lines.length, 2);
  for (const line of lines)
    t.regex(line, /^note: The time 2026-10-25 02:30:00 exists twice in this time zone.* write the offset\.$/);
  t.deepEqual(await sequences('--since', '2026-10-25 02:30', '--until', '2026-10-25 02:30'), [3, 4]);
  t.deepEqual(await sequences('--since', '2026-10-25 02:30+01', '--until', '2026-10-25 02:30+01'), [4]);
  t.regex(
    (await maestro('replay', id.hex, '--at', '2026-03-29 02:30')).stderr,
    /^note: The time 2026-03-29 02:30:00 does not exist/,
  );
  t.regex(
    (await maestro('diff', id.hex, '2026-10-25 02:30', 'last')).stderr,
    /^note: The time 2026-10-25 02:30:00 exists twice/,
  );
});

test('a time with a dash before it is the value of its option', async (t) => {
  for (const argv of [['--since', '-1h'], ['--since=-1h'], ['--since', '1h'], ['--since', '60 minutes ago']])
    t.deepEqual(await sequences(...argv), [], argv.join(' '));
  t.deepEqual(await sequences('--until=-1h'), [1, 2, 3, 4, 5, 6]);
});

test('a beginning behind the end is refused', async (t) => {
  for (const argv of [['search'], ['aggregates'], ['export'], ['events', id.hex]]) {
    const { code, stdout, stderr } = await maestro(...argv, '--since', '2026-10-27', '--until', '2026-10-25');
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, /^error: --since \(2026-10-27 00:00:00\.000\) is later than --until \(2026-10-25 23:59:59\.999\)/);
  }
});

test('what is no time is refused with a reason', async (t) => {
  for (const argv of [
    ['search', '--since', '25.10.2026'],
    ['verify', '--since', '25.10.2026'],
    ['replay', id.hex, '--at', '25.10.2026'],
    ['diff', id.hex, '25.10.2026', 'last'],
  ]) {
    const { code, stdout, stderr } = await maestro(...argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(
      stderr,
      /^error: .*'25\.10\.2026' is not a .*time\.\nhint: Write the year first.*`maestro help times`\.\n$/,
    );
  }
});
