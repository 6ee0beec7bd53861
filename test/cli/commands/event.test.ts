import test from 'ava';
import { localTime } from '../../../src/cli/render/local-time.js';
import type { NewEvent } from '../../../src/events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const empty = useTestDatabase(test);
const hostile = useTestDatabase(test);

const time = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
const account = anId();
const [opened, deposited, other, closed] = [
  anEvent(account, { type: 'opened', timestamp: at(0), sequence: 1 }),
  anEvent(account, { type: 'deposited', timestamp: at(2), sequence: 2, body: { amount: 10n ** 20n, to: ['Ada'] } }),
  anEvent(anId(), { type: 'seen', timestamp: at(4) }),
  anEvent(account, { type: 'closed', timestamp: at(9), sequence: 3 }),
] as const;

function at(milliseconds: number): Timestamp {
  return Timestamp.of({ time: time + milliseconds, counter: 0x2e, nodeId: 0xf3d2116e5c2b276dn });
}

test.before(async () => {
  for (const database of Object.values(layouts))
    await database.store().commitEvents([opened, deposited, other, closed]);
});

function maestro(database: TestDatabase, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['event', ...argv], { env, ...options });
}

function head({ aggregateId, sequence, timestamp, type }: NewEvent): object {
  return { aggregateId: aggregateId.hex, sequence, timestamp: timestamp.toString(), type };
}

for (const [layout, database] of Object.entries(layouts)) {
  test(`an event is shown whole, its clock decoded and its neighbours named, ${layout} layout`, async (t) => {
    const { code, stdout, stderr } = await maestro(database, [deposited.timestamp.toString()]);
    t.deepEqual([code, stderr], [0, '']);
    t.is(
      stdout,
      [
        `aggregate             ${account.hex}`,
        'sequence              2',
        'type                  deposited',
        `timestamp             ${deposited.timestamp.toString()}`,
        'local time            2026-01-02 03:04:05.069',
        'counter               46',
        'node id               F3D2116E5C2B276D',
        `before it             1 opened, ${opened.timestamp.toString()}`,
        `after it              3 closed, ${closed.timestamp.toString()}`,
        `before it in the log  ${opened.timestamp.toString()}: opened, 1 of ${account.hex}`,
        `after it in the log   ${other.timestamp.toString()}: seen, 1 of ${other.aggregateId.hex}`,
        '',
        '{',
        '  "to": [',
        '    "Ada"',
        '  ],',
        '  "amount": 100000000000000000000',
        '}\n',
      ].join('\n'),
    );
  });

  test(`json has the keys of an event, its body digit for digit, and what is around it, ${layout} layout`, async (t) => {
    const { stdout } = await maestro(database, [deposited.timestamp.toString(), '-o', 'json']);
    t.true(stdout.includes('"body":{"to": ["Ada"], "amount": 100000000000000000000}'));
    t.deepEqual(JSON.parse(stdout), {
      ...head(deposited),
      body: { to: ['Ada'], amount: 1e20 },
      clock: { time: time + 2, counter: 0x2e, nodeId: 'F3D2116E5C2B276D' },
      previous: head(opened),
      next: head(closed),
      before: head(opened),
      after: head(other),
    });
    t.is((await maestro(database, [deposited.timestamp.toString(), '-o', 'ndjson'])).stdout, stdout);
  });

  test(`a timestamp without an event exits 3 and names the nearest, ${layout} layout`, async (t) => {
    for (const [place, nearest] of [
      [at(-1), `The nearest is ${opened.timestamp.toString()}.`],
      [at(3), `The nearest are ${deposited.timestamp.toString()} and ${other.timestamp.toString()}.`],
      [at(10), `The nearest is ${closed.timestamp.toString()}.`],
    ] as const) {
      const { code, stdout, stderr } = await maestro(database, [place.toString()]);
      t.deepEqual([code, stdout], [3, '']);
      t.is(stderr, `error: There is no event with the timestamp ${place.toString()}.\nhint: ${nearest}\n`);
    }
  });
}

test('the ends of a history and of the log have no neighbour', async (t) => {
  const last = JSON.parse((await maestro(layouts.plain, [closed.timestamp.toString(), '-o', 'json'])).stdout);
  t.like(last, { next: null, after: null, previous: head(deposited), before: head(other) });
  const { stdout } = await maestro(layouts.plain, [opened.timestamp.toString()]);
  t.regex(stdout, /^before it {13}none in its aggregate$/m);
  t.regex(stdout, /^before it in the log {2}none$/m);
});

test('every form of a timestamp is taken, and -q prints its text form', async (t) => {
  const { hex } = deposited.timestamp;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  for (const form of [hex, `\\x${hex}`, uuid, deposited.timestamp.toString()])
    t.deepEqual(await maestro(layouts.plain, [form, '-q']), {
      code: 0,
      stdout: `${deposited.timestamp.toString()}\n`,
      stderr: '',
    });
});

test('an empty log is said to be empty', async (t) => {
  const { code, stderr } = await maestro(empty, [at(0).toString(), '-o', 'json']);
  t.is(code, 3);
  t.like(JSON.parse(stderr), { error: { code: 'MAESTRO_NOT_FOUND' } });
  t.regex(stderr, /The log has no events at all/);
});

test('what is no timestamp is wrong usage', async (t) => {
  for (const argv of [
    [],
    ['yesterday'],
    [''],
    ['2026-01-02'],
    [at(0).hex.slice(0, 3)],
    [`${at(0).hex}0`],
    [at(0).hex, at(1).hex],
  ]) {
    const { code, stdout } = await maestro(layouts.plain, argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
  }
});

test('a time past the year 9999 is shown in words', async (t) => {
  const timestamp = Timestamp.of({ time: 2 ** 48 - 1, nodeId: 5n });
  await hostile.store().commitEvents([anEvent(anId(), { timestamp })]);
  t.regex(
    (await maestro(hostile, [timestamp.hex])).stdout,
    new RegExp(`^local time {12}${localTime(timestamp.time)}$`, 'm'),
  );
});

test('nothing that is stored reaches a terminal raw', async (t) => {
  const texts = ['\u001b[2J', '\u202egnp.exe', '\n  forged', '\u009b1m'];
  const id = anId();
  const stamps = texts.map(() => anId());
  for (const [index, text] of texts.entries())
    await hostile.knex.raw(`INSERT INTO "${hostile.schema}".event_log VALUES (?, ?, ?, ?, ?)`, [
      (stamps[index] as Timestamp).encode(),
      id.encode(),
      index + 1,
      text,
      JSON.stringify({ [text]: text }),
    ]);
  for (const stamp of stamps)
    for (const format of ['table', 'json'])
      for (const terminal of [30, 300]) {
        const options = ['--color', 'never', '-o', format];
        const { code, stdout } = await maestro(hostile, [stamp.hex, ...options], { terminal });
        t.is(code, 0);
        t.notRegex(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      }
  const { stdout } = await maestro(hostile, [(stamps[0] as Timestamp).hex, '-o', 'json']);
  t.like(JSON.parse(stdout), { type: texts[0], body: { '\u001b[2J': texts[0] }, next: { type: texts[1] } });
});
