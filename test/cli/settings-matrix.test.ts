import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import knexFactory, { type Knex } from 'knex';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import type { Projection } from '../../src/store/store.js';
import { eventJson, snapshotJson } from '../../src/store/read/stored-json.js';
import { notAmong, WITHOUT_DATABASE } from '../support/cli/sample-commands.js';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { runAny } from '../support/cli/run-any.js';
import { testKnex, testUrl, useTemporaryFolder } from '../support/database.js';
import { groupsOf, MATRIX, type Setting, SHADOWS, together } from '../support/cli/settings-matrix.js';
import { aRoleWith } from '../support/servers/settings.js';
import { signed } from '../support/data/transfer.js';

const admin = testKnex();
const folder = useTemporaryFolder(test);
test.after.always(() => admin.destroy());

const [first, second, third] = [1n, 2n, 3n].map((nodeId) => Timestamp.of({ time: 1_700_000_000_000, nodeId })) as [
  Timestamp,
  Timestamp,
  Timestamp,
];
const at = (time: number) => Timestamp.of({ time: 1_700_000_000_000 + time, nodeId: 9n });
const BODIES = [
  '{"n": 1, "note": "a\\\\b \'c\' \\"d\\""}',
  '{"n": 1.10, "note": "\u00e9", "$metadata": {"causationId": "no timestamp", "correlationId": "work"}}',
  '{"n": 100000000000000000000000000001, "none": null}',
];
const TYPES = ['opened', "it's", 'Zeta', 'alpha'];

writeFileSync(
  join(folder, 'maestro.config.ts'),
  `import { defineAggregate, defineSubscription } from 'maestro-store';
   const Tally = defineAggregate({ name: 'tally', initialState: () => ({ n: 0 }), commands: {},
     events: Object.fromEntries(${JSON.stringify(TYPES)}.map((type) => [type, (state, { n }) => ({ n: state.n + Number(n) % 7 })])),
     owns: { firstEvents: ${JSON.stringify(TYPES)} } });
   const watched = defineSubscription({ name: 'watched', from: [Tally], startAt: 'beginning', handle: async () => {} });
   export default { aggregates: [Tally], projections: [watched] };`,
);
writeFileSync(
  join(folder, 'log.ndjson'),
  signed([
    ...[first, second, third].flatMap((aggregateId, which) =>
      BODIES.map((body, index) =>
        eventJson({
          timestamp: at(which * 10_000_000 + index),
          aggregateId,
          sequence: index + 1,
          type: TYPES[(which + index) % 4] ?? '',
          body,
        }),
      ),
    ),
    `{"snapshot":${snapshotJson({ aggregateId: second, sequence: 2, body: '{"n": 2.10}' })}}`,
  ]),
);

/** Command lines, one after the other, on a log that begins empty. */
const COMMANDS: readonly (readonly string[])[] = [
  ['migrate', 'up'],
  ['migrate', 'status', '-o', 'json'],
  ['migrate', 'sql'],
  ['import', '--file', 'log.ndjson', '-o', 'json'],
  ['import', '--file', 'log.ndjson'],
  ['events', first.hex],
  ['events', first.hex, '-o', 'ndjson', '--type', "it's", '--reverse'],
  ['replay', second.hex, '-o', 'json'],
  ['snapshot', 'get', second.hex, '-o', 'json'],
  ['snapshot', 'verify', second.hex, '-o', 'json'],
  [
    'search',
    '--type',
    'alpha',
    '--type',
    "it's",
    '--since',
    '2023-11-14T00:00:00Z',
    '--where',
    '$.n > 1',
    '-o',
    'ndjson',
  ],
  ['search', '--where', '$.note like_regex "^a\\\\\\\\b"', '--reverse'],
  ['search', '--limit', '2'],
  ['aggregates', '--sort', 'last', '-o', 'ndjson'],
  ['aggregates', '--sort', 'events', '--type', 'Zeta'],
  ['event', at(1).toString(), '-o', 'json'],
  ['trace', 'work', '-o', 'json'],
  ['migrate', 'index', 'add'],
  ['migrate', 'index', 'list', '-q'],
  ['trace', 'work', '--since', '2023-11-15T00:00:00Z'],
  ['stats', '-o', 'json'],
  ['stats', '--by', 'type', '-o', 'json'],
  ['types', '-o', 'json'],
  ['stats', '--by', 'day'],
  ['stats', '--by', 'partition', '-q'],
  ['verify', '-o', 'json'],
  ['verify', '--since', '2023-11-15T00:00:00Z'],
  ['check', '-o', 'json'],
  ['export'],
  ['diff', first.hex, '1', 'last', '-o', 'json'],
  ['bisect', first.hex, '--where', '$.n > 1', '-o', 'json'],
  ['tail', '-n', '4', '-o', 'ndjson'],
  ['tail', third.hex, '-n', '2'],
  ['step', second.hex],
  ['ui', '--port', '0', '--no-open', '-o', 'json'],
  ['append', first.hex, '--type', 'alpha', '--body', '{"n": 4}', '--expect', '3', '-o', 'json'],
  ['append', first.hex, '--type', 'alpha', '--body', '{"n": 4}', '--expect', '3'],
  ['snapshot', 'put', first.hex, '--sequence', '4', '--body', '{"n": 9}'],
  ['snapshot', 'create', third.hex, '--aggregate', 'tally', '-o', 'json'],
  ['snapshot', 'delete', third.hex, '--reason', 'asked to', '--execute', '-o', 'json'],
  ['commands', 'list', second.hex],
  ['commands', 'prune', '--older-than', '2000-01-01', '-o', 'json'],
  ['commands', 'prune', '--older-than', '2000-01-01', '--execute', '-o', 'json'],
  ['erase', second.hex, '--paths', '/note', '--reason', 'asked to', '-o', 'json'],
  ['erase', second.hex, '--reason', 'asked to', '--execute', '-o', 'json'],
  ['events', second.hex],
  ['projections', 'run', '--once', '-o', 'json'],
  ['projections', 'status', '-o', 'json'],
  ['projections', 'retry', 'watched', '-o', 'json'],
  ['projections', 'skip', 'watched', first.hex, '--sequence', '9', '--reason', 'asked to'],
  ['projections', 'verify', 'watched'],
  ['projections', 'rebuild', 'watched'],
  ['projections', 'drop', 'watched', '--execute'],
  ['projections', 'drop', 'watched', '--execute', '--force', '-o', 'json'],
  ['doctor', '-o', 'json'],
  ['migrate', 'layout', '--partitions', '2', '--execute'],
  ['migrate', 'layout', '--plain', '--execute'],
  ['migrate', 'index', 'drop'],
  ['migrate', 'rollback'],
];

/** Facts that depend on the setting, the moment or the server, as doctor tells them. */
const OF_THE_SETTING = /^(connection|connections|clock|settings|durability|fsync|writable|newest event|\w+_\w+)$/;

test('the matrix has 25 settings and more, each of which is in a group, and every command', (t) => {
  const names = Object.keys(MATRIX);
  t.true(names.length >= 25);
  t.deepEqual(groupsOf(MATRIX).flatMap(Object.keys).sort(), names.sort());
  t.deepEqual(notAmong(COMMANDS), WITHOUT_DATABASE);
});

let usual: Promise<Observation> | undefined;

test.serial('with the defaults every command ends as it should', async (t) => {
  usual ??= observe(t, {});
  const { commands } = await usual;
  const others = Object.entries(commands).filter(([, { code }]) => code !== 0);
  t.deepEqual(Object.fromEntries(others.map(([words, { code }]) => [words, code])), {
    [`append ${first.hex} --type alpha --body {"n": 4} --expect 3`]: 5,
    [`diff ${first.hex} 1 last -o json`]: 1,
    'doctor -o json': 1,
    [`events ${second.hex}`]: 3,
    'migrate rollback': 5,
    'projections drop watched --execute': 5,
    'projections rebuild watched': 2,
    [`projections skip watched ${first.hex} --sequence 9 --reason asked to`]: 2,
    'projections verify watched': 2,
  });
});

for (const group of groupsOf(MATRIX))
  test.serial(`every answer is the same with ${Object.keys(group).join('; ')}`, async (t) => {
    usual ??= observe(t, {});
    const [expected, found] = [await usual, await observe(t, together(group))];
    // Each alone, to tell which one makes a difference.
    if (!isDeepStrictEqual(found, expected))
      for (const [name, setting] of Object.entries(group)) t.deepEqual(await observe(t, setting), expected, name);
    t.deepEqual(found, expected);
  });

interface Observation {
  readonly commands: Readonly<Record<string, CliResult>>;
  readonly library: unknown;
}

async function observe(t: ExecutionContext, { settings = {}, more, database, before }: Setting): Promise<Observation> {
  const { knex, at: url } = database === undefined ? { knex: admin, at: testUrl() } : await aDatabase(t, database);
  const role = await aRoleWith(t, knex, settings, { more, at: url, before });
  const env = { MAESTRO_DATABASE_URL: role.url, MAESTRO_SCHEMA: role.schema, TZ: 'Europe/Berlin' };
  const library = await askLibrary(t, role);
  const commands: Record<string, CliResult> = {};
  for (const argv of COMMANDS) {
    const { code, stdout, stderr } = await runAny(argv, { cwd: folder, env });
    commands[argv.join(' ')] = {
      code,
      stdout: plain(argv[0] === 'doctor' ? findings(stdout) : stdout, role.role),
      stderr: plain(stderr, role.role),
    };
  }
  return { commands, library };
}

/** Answers to a program on its own Knex instances, in another schema than the commands use. */
async function askLibrary(t: ExecutionContext, { url, role }: { url: string; role: string }): Promise<unknown> {
  const schema = `${role}_library`;
  const pools = Array.from({ length: 3 }, () =>
    knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 3 } }),
  );
  t.teardown(() => Promise.all(pools.map((pool) => pool.destroy())));
  const reports = await Promise.all(pools.map((knex) => migrate(knex, { schema, partitions: 2 })));
  const [knex] = pools as [Knex];
  const store = new PostgresStore(knex, { schema });
  const event = (sequence: number, timestamp = at(sequence)) => ({
    timestamp,
    aggregateId: first,
    sequence,
    type: "it's",
    body: { n: sequence, text: 'a\\b' },
  });
  const types: string[] = [];
  const projection: Projection = async ({ type }, transaction) => {
    const { rows } = await transaction.raw<{ rows: { count: string }[] }>(`SELECT count(*) FROM "${schema}".event_log`);
    types.push(`${type} ${rows[0]?.count}`);
  };
  return {
    applied: reports.flatMap(({ applied }) => applied),
    committed: await store.commitEvents([event(1), event(2)]),
    conflict: await store.commitEvents([event(2, at(77))]),
    duplicate: (await t.throwsAsync(store.commitEvents([event(3, at(1))])))?.message,
    projected: await store.commitAll([event(3)], [projection]),
    types,
    snapshots: await Promise.all(
      [1, 2].map((n) => store.commitSnapshot({ aggregateId: first, sequence: n, body: { n } })),
    ).then(() => store.getSnapshot(first, 1)),
    stale: await store.commitSnapshot({ aggregateId: first, sequence: 2, body: {} }),
    events: await store.getEvents(first, 1),
    together: (
      await Promise.all([4, 5, 6].map((n) => store.commitEvents([{ ...event(1, at(n)), aggregateId: at(n) }])))
    ).map(({ ok }) => ok),
    last: await store.getLastEvent(first),
  };
}

async function aDatabase(t: ExecutionContext, options: string): Promise<{ knex: Knex; at: string }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin.raw(`CREATE DATABASE ${name} ${options}`);
  const at = Object.assign(new URL(testUrl()), { pathname: `/${name}` }).href;
  const knex = testKnex({ connection: at });
  t.teardown(() => admin.raw(`DROP DATABASE ${name} WITH (FORCE)`));
  t.teardown(() => knex.destroy());
  return { knex, at };
}

/** Without what no two runs have in common: names of this run, and times of today. */
function plain(text: string, role: string): string {
  return (
    text
      .replaceAll(role, 'ROLE')
      .replace(/20(?!23)\d\d-\d\d-\d\dT[\d:.]+Z(-[0-9A-F]{4}-[0-9A-F]{16})?/g, 'NOW')
      // Bytes differ with the encoding.
      .replace(/"bodies":\d+/g, '"bodies":0')
      .replace(/(127\.0\.0\.1:\d+)\/\w+/g, '$1/DATABASE')
      .replace(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/g, 'PAGES')
  );
}

function findings(json: string): string {
  const found = JSON.parse(json || '[]') as { check: string }[];
  // A name in quotation marks is the same name.
  return JSON.stringify(found.filter(({ check }) => !OF_THE_SETTING.test(check))).replaceAll('\\"', '');
}

test.serial(
  'with default_transaction_read_only whatever reads answers, and whatever writes says why it cannot',
  async (t) => {
    const { role, schema, url } = await aRoleWith(t, admin, {});
    const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
    await runCli(['migrate'], { env });
    await runCli(['import', '--file', 'log.ndjson'], { cwd: folder, env });
    await admin.raw(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    const codes: Record<string, number> = {};
    for (const argv of [['migrate'], ['verify'], ['export'], ['events', first.hex], ['tail']])
      codes[argv[0] ?? ''] = (await runCli(argv, { env })).code;
    t.deepEqual(codes, { migrate: 0, verify: 0, export: 0, events: 0, tail: 0 });
    for (const argv of [
      ['append', first.hex, '--type', 'alpha', '--body', '{}'],
      ['snapshot', 'put', first.hex, '--sequence', '1', '--body', '{}'],
      ['erase', first.hex, '--reason', 'asked to', '--execute'],
      ['migrate', '--schema', `${schema}_new`],
    ]) {
      const { code, stderr } = await runCli(argv, { env });
      t.is(code, 4, stderr);
      t.regex(stderr, /error: The database is read-only: .*\nhint: .*default_transaction_read_only/, argv.join(' '));
    }
  },
);

test.serial(
  "with functions and operators before PostgreSQL's own, what reads answers the same, and what writes refuses and names them",
  async (t) => {
    const { role, schema, url } = await aRoleWith(t, admin, {}, { before: SHADOWS });
    const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
    await runCli(['migrate'], { env });
    await runCli(['import', '--file', 'log.ndjson'], { cwd: folder, env });
    const writes = new Set(['import', 'append', 'erase', 'migrate']);
    const reading = COMMANDS.filter(([command = '', sub = '', ...more]) =>
      command === 'snapshot'
        ? sub === 'get' || sub === 'verify'
        : command === 'projections'
          ? sub === 'status'
          : !writes.has(command) && !['doctor', 'step', 'ui'].includes(command) && !more.includes('--execute'),
    );
    const answers = async () => {
      const found: Record<string, CliResult> = {};
      for (const argv of reading) found[argv.join(' ')] = await runCli(argv, { cwd: folder, env });
      return found;
    };
    const before = await answers();
    await admin.raw(`ALTER ROLE ${role} SET search_path = shadow_${role}, public, pg_catalog`);
    t.deepEqual(await answers(), before);
    for (const argv of [
      ['append', first.hex, '--type', 'alpha', '--body', '{}'],
      ['snapshot', 'put', first.hex, '--sequence', '1', '--body', '{}'],
      ['erase', first.hex, '--reason', 'asked to', '--execute'],
      ['commands', 'prune', '--older-than', '30d', '--execute'],
      ['migrate', '--schema', `${schema}_new`],
      ['events', first.hex, '--pooler', 'transaction'],
    ]) {
      const { code, stdout, stderr } = await runCli(argv, { env });
      t.deepEqual([code, stdout], [5, ''], stderr);
      t.regex(
        stderr,
        /^error: The search_path puts decode\(text, text\), encode\(bytea, text\), .* of shadow_\w+, public before PostgreSQL's own\.\nhint: Nothing was done\. Leave pg_catalog out/,
      );
    }
    const { stdout } = await runCli(['doctor', '-o', 'ndjson'], { env });
    t.regex(
      stdout,
      /"search path","status":"failure","found":"search_path=shadow_\w+, public, pg_catalog puts decode\(/,
    );
    t.regex(stdout, /operator = \(bytea, bytea\)/);
    await admin.raw(`ALTER ROLE ${role} RESET search_path`);
    t.deepEqual(await answers(), before);
    t.notRegex((await runCli(['doctor', '-o', 'ndjson'], { env })).stdout, /"search path"/);
  },
);
