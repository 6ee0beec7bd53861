import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { addPathIndex } from '../../../src/store/migrate/log-index/change-index.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { fillSampleLog, inLogOrder, type SampleLog } from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const small = useTestDatabase(test);
const empty = useTestDatabase(test);
const hostile = useTestDatabase(test);
const large = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

const time = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
const [ada, grace] = [anId(), anId()];
/** Told in the order of time, not of aggregates. */
const story = [
  anEvent(grace, { sequence: 1, type: 'opened', body: { owner: 'Grace' }, timestamp: at(0) }),
  anEvent(ada, { sequence: 1, type: 'opened', body: { owner: 'Ada' }, timestamp: at(60_000) }),
  anEvent(ada, { sequence: 2, type: 'withdrawn', body: { amount: 500 }, timestamp: at(120_000) }),
  anEvent(grace, { sequence: 2, type: 'withdrawn', body: { amount: 20 }, timestamp: at(180_000) }),
  anEvent(grace, { sequence: 3, type: 'closed', body: {}, timestamp: at(240_000) }),
] as const;

function at(milliseconds: number): Timestamp {
  return Timestamp.of({ time: time + milliseconds, nodeId: 7n });
}

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
  await small.store().commitEvents(story);
});

function maestro(database: TestDatabase, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['search', ...argv], { env, ...options });
}

/** The places in the story of the events that are found. */
async function found(...argv: string[]): Promise<number[]> {
  const { stdout } = await maestro(small, [...argv, '-o', 'json']);
  return (JSON.parse(stdout) as { timestamp: string }[]).map((found) =>
    story.findIndex(({ timestamp }) => timestamp.toString() === found.timestamp),
  );
}

test('events of all aggregates come in the order of their timestamps; filters choose among them', async (t) => {
  t.deepEqual(await found(), [0, 1, 2, 3, 4]);
  t.deepEqual(await found('--reverse'), [4, 3, 2, 1, 0]);
  t.deepEqual(await found('--type', 'withdrawn'), [2, 3]);
  t.deepEqual(await found('--type', 'withdrawn', '--type', 'closed', '--reverse', '--limit', '2'), [4, 3]);
  t.deepEqual(await found('--since', '2026-01-02 03:05:05.067', '--until', '2026-01-02 03:07:05.067'), [1, 2, 3]);
  t.deepEqual(await found('--since', at(180_000).toString()), [3, 4]);
  t.deepEqual(await found('--where', '$.amount > 100'), [2]);
  t.deepEqual(await found('--where', '$.owner ? (@ starts with "A")'), [1]);
  t.deepEqual(await found('--type', 'closed', '--where', '$.amount > 100'), []);
  t.deepEqual(await found('--after', at(60_000).toString()), [2, 3, 4]);
  t.deepEqual(await found('--after', at(60_000).hex, '--reverse'), [0]);
  t.deepEqual(await found('--limit', '9007199254740990'), [0, 1, 2, 3, 4]);
});

test('a table names the aggregate of each event; json has the keys of the library', async (t) => {
  const { code, stdout, stderr } = await maestro(small, ['--where', '$.amount > 100']);
  t.deepEqual([code, stderr], [0, '']);
  t.is(
    stdout,
    [
      `${'AGGREGATE'.padEnd(32)}  SEQ  ${'TIMESTAMP'.padEnd(46)}  ${'TYPE'.padEnd(9)}  BODY`,
      `${ada.hex}    2  ${at(120_000).toString()}  withdrawn  {"amount": 500}\n`,
    ].join('\n'),
  );
  const json = await maestro(small, ['-o', 'json']);
  const expected = story.map(({ aggregateId, timestamp, ...event }) => ({
    ...event,
    aggregateId: aggregateId.hex,
    timestamp: timestamp.toString(),
  }));
  t.deepEqual(JSON.parse(json.stdout), expected);
  const ndjson = await maestro(small, ['-o', 'ndjson']);
  t.deepEqual(
    ndjson.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
    expected,
  );
  t.is(ndjson.stdout.split('"')[1], 'aggregateId');
});

for (const [layout, database] of Object.entries(layouts))
  test(`the cursor that a page names leads to the next, until there is none, ${layout} layout`, async (t) => {
    const all = (logs.get(layout) as SampleLog).events.toSorted(inLogOrder);
    for (const reverse of [[], ['--reverse']]) {
      const seen: string[] = [];
      for (let cursor: string[] = []; ;) {
        const { stdout, stderr } = await maestro(database, [...reverse, '--limit', '150', ...cursor, '-o', 'ndjson']);
        seen.push(...stdout.split('\n').slice(0, -1));
        if (stderr === '') break;
        const [, after] = /^note: there are more: add --after (\S+), or a larger --limit\n$/.exec(stderr) ?? [];
        t.is(typeof after, 'string', stderr);
        cursor = ['--after', String(after)];
      }
      const places = seen.map((line) => JSON.parse(line) as { aggregateId: string; sequence: number });
      t.deepEqual(
        places.map(({ aggregateId, sequence }) => `${aggregateId} ${sequence}`),
        (reverse.length === 0 ? all : all.toReversed()).map(
          ({ aggregateId, sequence }) => `${aggregateId.hex} ${sequence}`,
        ),
      );
    }
  });

test('a page that ends between events with one timestamp names the aggregate as well', async (t) => {
  const all = (logs.get('partitioned') as SampleLog).events.toSorted(inLogOrder);
  const first = all.findIndex(({ timestamp }, index) => timestamp.hex === all[index + 1]?.timestamp.hex);
  const { timestamp, aggregateId } = all[first] as (typeof all)[number];
  const { stderr } = await maestro(layouts.partitioned, ['--limit', String(first + 1)]);
  t.is(stderr, `note: there are more: add --after ${timestamp.toString()}:${aggregateId.hex}, or a larger --limit\n`);
  const { stdout } = await maestro(layouts.partitioned, [
    '--after',
    `${timestamp.toString()}:${aggregateId.hex}`,
    '--limit',
    '1',
    '-o',
    'ndjson',
  ]);
  t.like(JSON.parse(stdout), { aggregateId: all[first + 1]?.aggregateId.hex, timestamp: timestamp.toString() });
});

/** Without what is said of schemas, in which other tests are at work. */
function withoutSchemas(stderr: string): string {
  return stderr.replace(/^note: the log in schema .*\n/m, '');
}

test('nothing found is no error', async (t) => {
  const none = 'note: no event was found\n';
  for (const database of [small, empty]) {
    const argv = ['--type', 'never'];
    const warning =
      database === small ? 'warning: No event has the type "never". `maestro stats --by type` lists them.\n' : '';
    const check = async (more: readonly string[], stdout: string, note: string) => {
      const found = await maestro(database, [...argv, ...more]);
      t.deepEqual({ ...found, stderr: withoutSchemas(found.stderr) }, { code: 0, stdout, stderr: warning + note });
    };
    await check(['-o', 'json'], '[]\n', none);
    await check(['-o', 'ndjson'], '', none);
    await check(['-q'], '', '');
    t.is(withoutSchemas((await maestro(database, argv)).stderr), warning + none);
  }
});

test('a path that is none is wrong usage, told in the words of PostgreSQL', async (t) => {
  for (const [path, says] of [
    ['$.amount >', 'syntax error at end of jsonpath input'],
    ['amount > 100', 'syntax error at or near " " of jsonpath input'],
    ['$.amount > $limit', 'could not find jsonpath variable "limit"'],
  ] as const) {
    const { code, stdout, stderr } = await maestro(small, ['--where', path]);
    t.deepEqual([code, stdout], [2, '']);
    t.is(stderr.split('\n')[0], `error: ${JSON.stringify(path)} is not a jsonpath: ${says}.`);
    t.regex(stderr, /^hint: Write it like /m);
    const json = await maestro(small, ['--where', path, '-o', 'json']);
    t.like(JSON.parse(json.stderr), { error: { code: 'MAESTRO_INVALID_JSON_PATH' } });
  }
});

test('values that are none are wrong usage', async (t) => {
  for (const argv of [
    ['--limit', '0'],
    ['--limit', 'all'],
    ['--since', '2026-02-30'],
    ['--until', 'later'],
    ['--after', 'here'],
    ['--after', `${ada.hex}:`],
    ['--after', `${ada.hex}:${ada.hex.slice(1)}`],
    ['withdrawn'],
  ]) {
    const { code, stdout, stderr } = await maestro(small, argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, /^error: /);
  }
});

test('nothing that is stored reaches a terminal raw', async (t) => {
  const texts = ['\u001b[2J', '\u202egnp.exe', '\n  forged', '\u009b1m', '\u001b]52;c;x\u0007'];
  for (const text of texts)
    await hostile.knex.raw(`INSERT INTO "${hostile.schema}".event_log VALUES (?, ?, 1, ?, ?)`, [
      anId().encode(),
      anId().encode(),
      text,
      JSON.stringify({ [text]: text }),
    ]);
  for (const terminal of [80, 300])
    for (const format of ['table', 'json', 'ndjson']) {
      const { stdout } = await maestro(hostile, ['--color', 'never', '-o', format], { terminal });
      t.notRegex(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      if (format === 'table') t.is(stdout.match(/^[0-9a-f]{16}/gm)?.length, texts.length);
    }
  const { stdout } = await maestro(hostile, ['-o', 'json']);
  t.deepEqual(
    (JSON.parse(stdout) as { type: string; body: object }[]).map(({ type, body }) => [type, body]),
    texts.map((text) => [text, { [text]: text }]),
  );
});

test('on a large log it is said that no index helps with a condition, and which command adds one', async (t) => {
  // What PostgreSQL believes of the table until it builds an index; nothing is stored for it.
  const believe = `UPDATE pg_class SET reltuples = 3e6, relpages = 1 WHERE oid = '"${large.schema}".event_log'::regclass`;
  await large.knex.raw(believe);
  const customer = { customer: { id: "o'brien" } };
  await large.store().commitEvents([anEvent(anId(), { body: customer }), anEvent(anId(), { body: {} })]);
  const search = async (...argv: string[]) => {
    const { code, stdout, stderr } = await maestro(large, argv);
    return { code, stdout, said: stderr.replace(/\s+/g, ' ') };
  };
  const where = ['--where', `$.customer.id == "o'brien"`, '-o', 'json'];
  const slow = await search(...where);
  t.is((JSON.parse(slow.stdout) as unknown[]).length, 1);
  t.regex(
    slow.said,
    /about 3,000,000 events at most are read, one by one, because no index has \$\.customer\.id: `maestro migrate index add --where '\$\.customer\.id'` makes one/,
  );
  t.regex((await search('--where', '$.customer.id > 7')).said, /no index can help with this condition: --since/);
  t.is((await search('--type', 'any', '--until', '2020-01-01')).said.includes('one by one'), false);
  t.is((await search(...where, '--until', '2020-01-01', '-q')).said, '');

  await addPathIndex(large.knex, '$.customer.id', large);
  await large.knex.raw(believe);
  t.deepEqual(await search(...where), { ...slow, said: '' });
  await large.knex.raw(
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"${large.schema}"."maestro_where_customer.id"'::regclass`,
  );
  const invalid = await search(...where);
  t.is(invalid.stdout, slow.stdout);
  t.regex(invalid.said, /the index on \$\.customer\.id is not complete: `maestro migrate index add --where/);
});
