import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { eventJson, snapshotJson } from '../../src/store/read/stored-json.js';
import { useCitusStandIn } from '../support/citus-stand-in.js';
import { clusterFaults } from '../support/cluster-rules.js';
import type { CliResult } from '../support/cli/cli.js';
import { runAny } from '../support/cli/run-any.js';
import { notAmong, OF_PROJECTIONS, WITHOUT_DATABASE } from '../support/cli/sample-commands.js';
import { signed } from '../support/data/transfer.js';
import { recordWire } from '../support/servers/wire-recorder.js';
import {
  aSchemaName,
  isOnCluster,
  testKnex,
  testUrl,
  useTemporaryFolder,
  useTestDatabase,
} from '../support/database.js';

const folder = useTemporaryFolder(test);

/** The address where tables are made: of the coordinator, when the tests are run through a worker. */
const maker = process.env['MAESTRO_TEST_CITUS_URL'];
const atMaker = isOnCluster() && maker !== undefined ? maker : testUrl();
const admin = testKnex({ connection: atMaker });
const plainSchema = aSchemaName();
const spread = isOnCluster() ? useTestDatabase(test, { partitions: 4 }) : useCitusStandIn(test);

test.serial.before(async () => {
  await migrate(admin, { schema: plainSchema });
});
test.after.always(async () => {
  await admin.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [plainSchema]);
  await admin.destroy();
});

const BODIES = [
  '{"n": 1, "note": "a\\\\b \'c\' \\"d\\"", "owner": "Ada"}',
  '{"n": 2, "at": "2024-03-01T00:30:00", "$metadata": {"correlationId": "work"}}',
  '{"n": 100000000000000000000000000001, "note": "é", "tags": ["a", null]}',
];
const TYPES = ['opened', "it's", 'Zeta', 'alpha'];
const at = (time: number, nodeId = 9n) => Timestamp.of({ time: 1_700_000_000_000 + time, nodeId });
/** Enough of them to have some in each shard. */
const IDS = Array.from({ length: 16 }, (_, index) =>
  Timestamp.of({ time: 1_600_000_000_000 + index, nodeId: BigInt(index + 1) }),
);
const [first, second, third] = IDS as [Timestamp, Timestamp, Timestamp];

writeFileSync(
  join(folder, 'maestro.config.ts'),
  `import { defineAggregate } from 'maestro-store';
   const Tally = defineAggregate({ name: 'tally', initialState: () => ({ n: 0 }), commands: {},
     events: Object.fromEntries(${JSON.stringify(TYPES)}.map((type) => [type, (state, { n }) => ({ n: state.n + Number(n) % 7 })])),
     owns: { firstEvents: ['opened', 'alpha'] } });
   export default { aggregates: [Tally] };`,
);
const events = IDS.flatMap((aggregateId, which) =>
  Array.from({ length: 3 + (which % 5) }, (_, index) => ({
    timestamp: at(which * 10_000_000 + (which === 4 && index === 2 ? -5 : index), BigInt(which % 3) + 1n),
    aggregateId,
    // A gap, and a clock that ran backwards.
    sequence: index + (which === 7 && index > 1 ? 2 : 1),
    type: TYPES[(which + index) % 4] ?? '',
    body: BODIES[index % 3] ?? '',
  })),
);
const snapshots = [second, IDS[9] as Timestamp].map((aggregateId, index) => ({
  aggregateId,
  sequence: 2,
  body: `{"n": ${index}.10}`,
}));
const written = (some: typeof events) =>
  signed([
    ...some.map((event) => eventJson(event)),
    ...snapshots.map((snapshot) => `{"snapshot":${snapshotJson(snapshot)}}`),
  ]);
writeFileSync(join(folder, 'half.ndjson'), written(events.filter(({ sequence }) => sequence < 3)));
writeFileSync(join(folder, 'all.ndjson'), written(events));
writeFileSync(
  join(folder, 'other.ndjson'),
  written([{ ...(events[0] as (typeof events)[number]), body: '{"other": true}' }]),
);

const id = first.hex;
const since = '2023-11-15T00:00:00Z';
const PREFIX = id.slice(0, 12);

/** Command lines, one after the other, on a log that begins empty. */
const COMMANDS: readonly (readonly string[])[] = [
  ['migrate', 'up'],
  ['migrate', 'status', '-o', 'json'],
  ['migrate', 'sql'],
  ['aggregates'],
  ['search'],
  ['import', '--file', 'half.ndjson', '--dry-run', '-o', 'json'],
  ['import', '--file', 'half.ndjson', '-o', 'json'],
  ['import', '--file', 'all.ndjson', '-o', 'json'],
  ['import', '--file', 'all.ndjson'],
  ['import', '--file', 'other.ndjson'],
  ['import', '--file', 'other.ndjson', '--on-conflict', 'skip', '-o', 'json'],
  ['events', id],
  ['events', PREFIX],
  ['events', id, '-o', 'ndjson', '--type', "it's", '--reverse', '--since', since],
  ['replay', second.hex, '-o', 'json'],
  ['replay', second.hex, '--at', at(10_000_001).toString(), '-o', 'json'],
  ['snapshot', 'get', second.hex, '-o', 'json'],
  ['snapshot', 'verify', second.hex, '-o', 'json'],
  ['snapshot', 'verify', '--all', '-o', 'json'],
  ...[
    [],
    ['--reverse'],
    ['--type', 'alpha', '--type', "it's"],
    ['--since', since, '--until', '2023-11-15T12:00:00Z'],
    ['--text', 'ADA'],
    ['--aggregate', 'tally'],
  ].map((filter) => ['search', '--limit', '5', ...filter]),
  ['search', '--type', 'opend'],
  ['search', '--where', '$.n > 1', '-o', 'ndjson'],
  ['search', '--where', '$.note like_regex "^a\\\\\\\\b"', '--reverse'],
  ['search', '--where', '$.at.datetime() < "2024-03-01T00:00:00+00:00".datetime()'],
  ['search', '--where', '$.at.datetime() < "2024-02-29T18:45:00+00:00".datetime()'],
  ['search', '--where', '$.n ?', '-o', 'json'],
  ['search', '--where', '$.n > $none'],
  ...['id', 'events', 'last'].flatMap((sort) =>
    [[], ['--type', 'Zeta'], ['--with-snapshot'], ['--since', since], ['--aggregate', 'tally']].map((filter) => [
      'aggregates',
      '--sort',
      sort,
      '--limit',
      '6',
      ...filter,
    ]),
  ),
  ['event', at(1, 1n).toString(), '-o', 'json'],
  ['event', at(1, 1n).hex.slice(0, 14)],
  ['trace', 'work', '-o', 'json'],
  ['trace', 'work', '--since', since],
  ['stats', '-o', 'json'],
  ...['type', 'day', 'aggregate'].map((by) => ['stats', '--by', by, '-o', 'json']),
  ['types', '-o', 'json'],
  ['verify', '-o', 'json'],
  ['verify', '--since', since, '-o', 'json'],
  ['verify', IDS[4]?.hex ?? ''],
  ['check', '-o', 'json'],
  ['check', '--sample', '16', '-o', 'json'],
  ['export'],
  ['export', id, second.hex],
  ['export', '--type', 'alpha', '--since', since],
  ['diff', id, '1', 'last', '-o', 'json'],
  ['bisect', id, '--where', '$.n > 1', '-o', 'json'],
  ['tail', '-n', '4', '-o', 'ndjson'],
  ['tail', third.hex, '-n', '2'],
  ['step', second.hex],
  ['ui', '--port', '0', '--no-open', '-o', 'json'],
  ['append', id, '--type', 'alpha', '--body', '{"n": 4}', '--expect', '3', '-o', 'json'],
  ['append', id, '--type', 'alpha', '--body', '{"n": 4}', '--expect', '3'],
  ['snapshot', 'put', id, '--sequence', '4', '--body', '{"n": 9}'],
  ['snapshot', 'create', third.hex, '--aggregate', 'tally', '-o', 'json'],
  ['snapshot', 'delete', third.hex, '--reason', 'asked to', '--execute', '-o', 'json'],
  ['commands', 'list', second.hex],
  ['commands', 'prune', '--older-than', '2000-01-01', '-o', 'json'],
  ['commands', 'prune', '--older-than', '2000-01-01', '--execute', '-o', 'json'],
  ['erase', second.hex, '--paths', '/note', '--paths', '/tags/0', '--reason', 'asked to', '-o', 'json'],
  ['erase', second.hex, '--paths', '/note', '--replace', '"-"', '--reason', 'asked to', '--execute', '-o', 'json'],
  ['events', second.hex],
  ['erase', second.hex, '--reason', 'asked to', '-o', 'json'],
  ['erase', second.hex, '--reason', 'asked to', '--execute', '-o', 'json'],
  ['events', second.hex],
  ['verify', '-o', 'json'],
  ['projections', 'status', '-o', 'json'],
  ['doctor', '-o', 'json'],
  ['migrate', 'index', 'add'],
  ['migrate', 'index', 'add', '--where', '$.n'],
  ['migrate', 'index', 'list'],
  ['search', '--where', '$.n == 2'],
  ['trace', 'work'],
  ['migrate', 'index', 'drop'],
  ['migrate', 'index', 'drop', '--where', '$.n'],
  ['migrate', 'rollback'],
  ['stats', '--by', 'partition', '-q'],
  ['migrate', 'rollback', '--discard-all-events'],
  ['migrate', 'status'],
];

test('every command is among them, but the one that changes the layout', (t) => {
  t.deepEqual(notAmong(COMMANDS), ['migrate layout', ...OF_PROJECTIONS, ...WITHOUT_DATABASE]);
});

/** Exit codes of those that do not end with 0. */
const ENDS = {
  'import --file other.ndjson': 5,
  'search --where $.n ? -o json': 2,
  'search --where $.n > $none': 2,
  'verify -o json': 1,
  [`verify --since ${since} -o json`]: 1,
  [`verify ${IDS[4]?.hex}`]: 1,
  'check -o json': 1,
  'check --sample 16 -o json': 1,
  [`diff ${id} 1 last -o json`]: 1,
  [`append ${id} --type alpha --body {"n": 4} --expect 3`]: 5,
  [`events ${second.hex}`]: 3,
  'migrate rollback': 5,
};

/** True for a statement that takes rows from the temporary tables of an import. */
function isOfImport(sql: string): boolean {
  return /^INSERT INTO \S+\.(?:"event_log"|"snapshots") [^;]*\bFROM pg_temp\.maestro_import_/.test(sql);
}

/** Commands that make or drop tables or indexes, which only the coordinator does. */
const MAKES_TABLES = /^migrate (up|index (add|drop)|rollback)\b/;

test.serial('every command prints in shards what it prints on one table', async (t) => {
  const codes: Record<string, number> = {};
  const recorder = isOnCluster() ? undefined : await recordWire(Number(new URL(spread.url).port));
  t.teardown(() => recorder?.close());
  const through =
    recorder === undefined ? spread.url : Object.assign(new URL(spread.url), { port: recorder.port }).href;
  for (const argv of COMMANDS) {
    const words = argv.join(' ');
    const onPlain = await run(argv, atMaker, plainSchema);
    const inShards = await run(argv, MAKES_TABLES.test(words) && isOnCluster() ? atMaker : through, spread.schema);
    if (words.startsWith('stats --by partition')) continue;
    const [plain, shards] = [same(words, onPlain, plainSchema), same(words, inShards, spread.schema)];
    t.deepEqual(words.startsWith('doctor') ? alsoFound(shards, plain) : shards, plain, words);
    // That depends on the settings of the server.
    if (plain.code !== 0 && !words.startsWith('doctor')) codes[words] = plain.code;
  }
  t.deepEqual(codes, ENDS);
  // An import brings rows of many aggregates from its temporary tables at once, and is a COPY by its nature.
  const sent = new Set(
    (recorder?.messages ?? []).flatMap(({ sql }) => (sql === undefined || isOfImport(sql) ? [] : sql)),
  );
  const faults = [...sent].flatMap((sql) => clusterFaults(sql).map((what) => `${what}: ${sql}`));
  t.deepEqual(faults, [], 'statements have forms that a cluster does not take');
});

async function run(argv: readonly string[], url: string, schema: string): Promise<CliResult> {
  // Nodes have a time zone of their own, and a session has another one here.
  const at = Object.assign(new URL(url), { search: 'options=-ctimezone%3DAsia/Kathmandu' }).href;
  const env = { MAESTRO_DATABASE_URL: at, MAESTRO_SCHEMA: schema, TZ: 'Europe/Berlin' };
  return await runAny(argv, { cwd: folder, env });
}

/** The output of a command, without what must differ. */
function same(words: string, { code, stdout, stderr }: CliResult, schema: string) {
  const comparable = (text: string) =>
    withoutLayout(words, text)
      .replaceAll(schema, 'SCHEMA')
      // What else is in the database.
      .replace(/; there (is|are) (an )?event logs? in [^\n]*/, '')
      // Times of this run, and what has come from its clock.
      .replace(/20(?!23)\d\d-\d\d-\d\d[T ][\d:.]+Z?(-[0-9A-F]{4}-[0-9A-F]{16})?/g, 'NOW')
      .replace(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/g, 'PAGES')
      .replace(/(127\.0\.0\.1|localhost):\d+\/\w+/g, 'DATABASE');
  return { code, stdout: comparable(stdout), stderr: comparable(stderr) };
}

/** The findings of doctor about what it looks for on one server, too. */
function alsoFound(shards: CliResult, plain: CliResult): CliResult {
  const checks = JSON.parse(plain.stdout) as { check: string }[];
  const found = (JSON.parse(shards.stdout) as typeof checks).filter(({ check }) =>
    checks.some((other) => other.check === check),
  );
  return { ...shards, stdout: JSON.stringify(found) };
}

/** An answer without what it tells of the layout itself. */
function withoutLayout(words: string, text: string): string {
  if (words === 'migrate status -o json') return text.replace(/"layout":\{[^}]*\}/, '"layout":{}');
  if (words === 'doctor -o json')
    return JSON.stringify(
      (JSON.parse(text || '[]') as { check: string; found: string }[])
        .filter(({ check }) => !['connections', 'connection', 'pooler'].includes(check))
        .map(({ found, ...others }) => ({
          ...others,
          found: found.replace(/the plain layout|\d+ shards on a Citus cluster/, 'a layout'),
        })),
    );
  // Shards are tables of their own, so their sizes are others.
  if (words === 'stats -o json') return text.replace(/"(log|indexes|snapshots|commands)":\d+/g, '"$1":0');
  if (words === 'migrate index list') return text.replace(/ +[\d.]+[kKMG]?B /g, ' SIZE ').replace(/SIZE +/, 'SIZE ');
  return text;
}
