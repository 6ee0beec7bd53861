import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Timestamp } from '../../../../src/hlc/timestamp.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { type CliResult, runCli } from '../../../support/cli/cli.js';
import { aSchemaName, useTemporaryFolder, useTestDatabase } from '../../../support/database.js';
import { anEvent, anId } from '../../../support/data/factories.js';
import { ACCOUNT } from '../../../support/data/handlers.js';

const { knex, url } = useTestDatabase(test, { migrated: false });
const folder = useTemporaryFolder(test);

/** An account, and a list that only `encode` makes a JSON object of, in the second version of it. */
const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
${ACCOUNT}
const List = defineAggregate({
  name: 'list',
  initialState: (): readonly string[] => [],
  commands: {},
  events: { listed: (items, { item }: { item: string }) => [...items, item] },
  owns: { firstEvents: ['listed'] },
  snapshot: {
    version: 2,
    encode: (items) => ({ items: [...items] }),
    decode: (json) => (json as { items: string[] }).items.map((item) => item),
  },
});
export default defineConfig({ aggregates: [Account, List] });
`;

test.before(() => {
  writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION);
  writeFileSync(join(folder, 'none.json'), '{}');
});

/** A log of the test's own. */
interface Log {
  readonly schema: string;
  readonly store: PostgresStore;
  maestro(...argv: string[]): Promise<CliResult>;
  /** Runs `snapshot verify`. */
  verify(...argv: string[]): Promise<CliResult>;
}

async function aLog(t: ExecutionContext, partitions = 1): Promise<Log> {
  const schema = aSchemaName();
  await migrate(knex, { schema, partitions });
  t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  const maestro: Log['maestro'] = (...argv) =>
    runCli(argv, { cwd: folder, env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema } });
  return {
    schema,
    store: new PostgresStore(knex, { schema }),
    maestro,
    verify: (...argv) => maestro('snapshot', 'verify', ...argv),
  };
}

/** Stores an account of Ada with these deposits, and the snapshot with this text, if any. */
async function anAccount(log: Log, amounts: readonly number[], snapshot?: string, sequence = amounts.length + 1) {
  const id = anId();
  await log.store.commitEvents([
    anEvent(id, { type: 'opened', body: { owner: 'Ada' } }),
    ...amounts.map((amount, index) => anEvent(id, { sequence: index + 2, type: 'deposited', body: { amount } })),
  ]);
  if (snapshot !== undefined) await put(log, id, sequence, snapshot);
  return id;
}

/** Stores a snapshot whatever it says, as somebody else might have. */
async function put({ schema }: Log, id: Timestamp, sequence: number, body: string): Promise<void> {
  await knex.raw(`INSERT INTO "${schema}".snapshots VALUES (?, ?, ?::text::jsonb)`, [id.encode(), sequence, body]);
}

async function snapshotOf({ store }: Log, id: Timestamp): Promise<unknown> {
  const { sequence, body } = (await store.getStoredSnapshot(id, 0)) ?? {};
  return [sequence, body];
}

test('a snapshot of the state that the handlers make is fine, in whatever words, on both layouts', async (t) => {
  for (const partitions of [1, 3]) {
    const log = await aLog(t, partitions);
    const ids = [
      await anAccount(log, [1, 2], '{"owner": "Ada", "balance": 3}'),
      await anAccount(log, [1, 2], '{"balance": 3.00, "owner": "Ada"}'),
      await anAccount(log, [1, 2], '{"balance": 0, "owner": "Ada"}', 1),
      await anAccount(log, [1e20], '{"balance": 1e20, "owner": "Ada"}'),
    ];
    for (const id of ids)
      t.deepEqual(await log.verify(id.hex), {
        code: 0,
        stdout: 'checked 1 snapshot: no wrong snapshot\n',
        stderr: '',
      });
    t.deepEqual(await log.verify('--all', '-o', 'json'), {
      code: 0,
      stdout: '{"wrongSnapshots":\n[]\n,"checked":{"snapshots":4,"otherVersion":0,"withoutHandlers":0}}\n',
      stderr: '',
    });
    t.deepEqual(await log.verify('--all', '-q'), { code: 0, stdout: '', stderr: '' });
  }
});

test('a wrong snapshot is told with what the handlers make of it, and left as it is without --fix', async (t) => {
  const log = await aLog(t);
  const wrong = await anAccount(log, [1, 2], '{"owner": "Ada", "balance": 4, "old": true}');
  await anAccount(log, [1], '{"owner": "Ada", "balance": 1}');
  const finding = {
    aggregateId: wrong.hex,
    sequence: 3,
    problem: 'different',
    message: 'the handlers make another state: - /old true, and 1 more',
    fixed: false,
  };

  for (const argv of [[wrong.hex], ['--all']]) {
    const json = await log.verify(...argv, '-o', 'json');
    t.is(json.code, 1);
    t.deepEqual((JSON.parse(json.stdout) as { wrongSnapshots: unknown }).wrongSnapshots, [finding]);
    const ndjson = await log.verify(...argv, '-o', 'ndjson');
    t.deepEqual([ndjson.code, JSON.parse(ndjson.stdout)], [1, finding]);
    t.deepEqual(await log.verify(...argv, '-q'), { code: 1, stdout: `${wrong.hex}\n`, stderr: '' });
  }
  const { code, stdout } = await log.verify('--all');
  t.is(code, 1);
  t.is(
    stdout,
    [
      `${'AGGREGATE'.padEnd(32)}  SEQUENCE  FIXED  PROBLEM`,
      `${wrong.hex}         3  no     ${finding.message}`,
      'checked 2 snapshots: 1 wrong snapshot\n',
    ].join('\n'),
  );
  t.deepEqual(await snapshotOf(log, wrong), [3, '{"old": true, "owner": "Ada", "balance": 4}']);
});

test('--fix puts the correct state in the place of a wrong one, and touches no other', async (t) => {
  const log = await aLog(t);
  const [wrong, ahead, unreadable, fine] = [
    await anAccount(log, [1, 2], '{"owner": "Ada", "balance": 4}', 2),
    await anAccount(log, [1, 2], '{"owner": "Ada", "balance": 9}', 7),
    anId(),
    await anAccount(log, [5], '{"balance": 5.0, "owner": "Ada"}'),
  ];
  await log.store.commitEvents([anEvent(unreadable, { type: 'listed', body: { item: 'tea' } })]);
  await put(log, unreadable, 1, '{"$maestro": {"version": 2}, "state": "what decode fails on"}');

  const fixing = await log.verify('--all', '--fix', '-o', 'ndjson');

  t.is(fixing.code, 0, 'nothing wrong is left');
  t.like(
    fixing.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { aggregateId: wrong.hex, problem: 'different', fixed: true },
      { aggregateId: ahead.hex, problem: 'ahead', message: 'the history ends at sequence 3', fixed: true },
      { aggregateId: unreadable.hex, problem: 'different', fixed: true },
    ],
  );
  t.deepEqual(await snapshotOf(log, wrong), [2, '{"owner": "Ada", "balance": 1}']);
  t.deepEqual(await snapshotOf(log, ahead), [3, '{"owner": "Ada", "balance": 3}']);
  t.deepEqual(await snapshotOf(log, unreadable), [1, '{"state": {"items": ["tea"]}, "$maestro": {"version": 2}}']);
  t.deepEqual(await snapshotOf(log, fine), [2, '{"owner": "Ada", "balance": 5.0}']);
  t.like(await log.verify('--all'), { code: 0, stdout: 'checked 4 snapshots: no wrong snapshot\n' });
});

test('what cannot be mended stays wrong: no events at all, a handler that fails, a hole', async (t) => {
  const log = await aLog(t);
  const failing = await anAccount(log, [1, -1], '{}');
  const holed = await anAccount(log, [1], '{}', 4);
  await log.store.commitEvents([anEvent(holed, { sequence: 4, type: 'deposited', body: { amount: 1 } })]);
  const gone = anId();
  await put(log, gone, 3, '{}');
  const { code, stdout } = await log.verify('--all', '--fix', '--aggregate', 'account', '-o', 'ndjson');
  t.is(code, 1);
  const findings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.like(findings, [
    { aggregateId: failing.hex, problem: 'failed', fixed: false },
    { aggregateId: holed.hex, problem: 'failed', fixed: false },
    { aggregateId: gone.hex, problem: 'ahead', fixed: false },
  ]);
  t.regex(String(findings[0]?.['message']), /"deposited" .* at sequence 3 of [0-9a-f]{32} threw: no such deposit\.$/);
  t.regex(String(findings[1]?.['message']), /gap: the event after sequence 2 has the sequence 4/);
  t.regex(String(findings[2]?.['message']), /no events of it; `maestro snapshot delete` removes it/);
  t.deepEqual(await snapshotOf(log, failing), [3, '{}']);
  t.deepEqual(await snapshotOf(log, gone), [3, '{}']);
});

test('snapshots of another version and of unknown aggregates are counted, not complained of', async (t) => {
  const log = await aLog(t);
  const list = anId();
  await log.store.commitEvents([anEvent(list, { type: 'listed', body: { item: 'tea' } })]);
  await put(log, list, 1, '{"$maestro": {"version": 1}, "state": []}');
  const unknown = anId();
  await log.store.commitEvents([anEvent(unknown, { type: 'turned' })]);
  await put(log, unknown, 1, '{}');

  const table = await log.verify('--all', '--fix');
  t.deepEqual(table, {
    code: 0,
    stdout:
      'checked 2 snapshots (1 of another version, which were not compared, 1 without handlers): no wrong snapshot\n',
    stderr: 'warning: Not checked, because no configured definition owns them: 1 snapshot.\n',
  });
  t.deepEqual(await snapshotOf(log, unknown), [1, '{}']);
});

test('a state of megabytes is told in a line', async (t) => {
  const log = await aLog(t);
  const id = await anAccount(log, [1], JSON.stringify({ owner: 'x'.repeat(1_000_000), balance: 1 }));
  const { stdout } = await log.verify(id.hex, '-o', 'ndjson');
  t.true(stdout.length < 1000, `${stdout.length}`);
  t.regex(stdout, /another state: ~ \/owner \\"x+…/);
});

test('a snapshot nested deeper than any state can be is wrong, whatever is in it, and can be mended', async (t) => {
  const log = await aLog(t);
  for (const depth of [600, 4000, 6000]) {
    const id = await anAccount(log, [1], `{"owner": ${'['.repeat(depth)}${']'.repeat(depth)}}`);
    const { code, stdout } = await log.verify(id.hex, '--fix', '-o', 'ndjson');
    t.deepEqual([code, (JSON.parse(stdout) as { problem: string }).problem], [0, 'different']);
    t.deepEqual(await snapshotOf(log, id), [2, '{"owner": "Ada", "balance": 1}']);
  }
});

test('neither an id nor --all, both, no handlers, or --fix with --read-only is wrong usage', async (t) => {
  const log = await aLog(t);
  const id = await anAccount(log, [1], '{}');
  for (const [argv, complaint] of [
    [[], /Give the id of one aggregate, or --all/],
    [[id.hex, '--all'], /Give the id of one aggregate, or --all/],
    [['--all', '--config', 'none.json'], /none are configured\.\nhint: .*maestro\.config\.ts/],
    [['--all', '--aggregate', 'door'], /No aggregate "door"/],
    [['--all', '--fix', '--read-only'], /writes, which --read-only forbids/],
    [['nothing'], /32 hex digits/],
  ] as const) {
    const { code, stdout, stderr } = await log.verify(...argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, complaint);
  }
  const missing = await log.verify((await anAccount(log, [1])).hex);
  t.deepEqual([missing.code, missing.stdout], [3, '']);
  t.regex(
    missing.stderr,
    /^error: There is no snapshot of [0-9a-f]{32}\.\nhint: Create one with `maestro snapshot create [0-9a-f]{32}`\.\n$/,
  );
  t.deepEqual(await snapshotOf(log, id), [2, '{}']);
});

test('snapshot put refuses what the application could not use, and tells of another state than that of the events', async (t) => {
  const log = await aLog(t);
  const id = await anAccount(log, [1, 2]);
  const put = (body: string, ...argv: string[]) =>
    log.maestro('snapshot', 'put', id.hex, '--sequence', '2', '--body', body, ...argv);
  const list = anId();
  await log.store.commitEvents([anEvent(list, { type: 'listed', body: { item: 'tea' } })]);
  const marked = (state: unknown, version = 2) => JSON.stringify({ $maestro: { version }, state });
  const putList = (body: string, ...argv: string[]) =>
    log.maestro('snapshot', 'put', list.hex, '--sequence', '1', '--body', body, ...argv);

  const refused = await putList(marked('no list'));
  t.deepEqual([refused.code, refused.stdout], [5, '']);
  t.regex(
    refused.stderr,
    /^error: The aggregate list cannot use this snapshot of .* function snapshot\.decode .*\nhint: Nothing was written; with --force/,
  );
  t.is(await log.store.getSnapshot(list, 1), undefined);
  t.regex((await putList(marked('no list'), '--force')).stderr, /^warning: .* Stored anyway \(--force\)\.\n$/);
  const again = await putList(marked('no list'), '--force');
  t.is(again.code, 5);
  t.notRegex(again.stderr, /anyway/, 'nothing was stored this time');
  const replayed = await log.maestro('replay', list.hex);
  t.is(replayed.code, 0);
  t.regex(
    replayed.stderr,
    /^warning: The stored snapshot of [0-9a-f]{32} at sequence 1 was not used, .* `maestro snapshot verify [0-9a-f]{32}.*` compares it with the events; with --fix /,
  );
  await log.maestro('snapshot', 'delete', list.hex, '--reason', 'test', '--execute');
  const foreign = await putList(marked([], 7));
  t.is(foreign.code, 0);
  t.regex(
    foreign.stderr,
    /^warning: The aggregate list will not use this snapshot of [0-9a-f]{32}: its version is not the `snapshot\.version` of the definition\.\n$/,
  );

  const other = await put('{"owner": "Ada", "balance": 5}');
  t.is(other.code, 0);
  t.regex(
    other.stderr,
    /^warning: The handlers of account give another state for the events up to 2; see `maestro snapshot verify/,
  );
  await log.maestro('snapshot', 'delete', id.hex, '--reason', 'test', '--execute');
  t.deepEqual(await put('{"owner": "Ada", "balance": 1.0}'), {
    code: 0,
    stdout: `aggregate  ${id.hex}\nsequence   2, stored\n`,
    stderr: '',
  });
});

test('import says that no handlers were tried where there are some', async (t) => {
  const [log, other] = [await aLog(t), await aLog(t)];
  await anAccount(log, [1]);
  writeFileSync(join(folder, 'log.ndjson'), (await log.maestro('export')).stdout);
  t.regex(
    (await other.maestro('import', '--file', 'log.ndjson')).stderr,
    /note: it was not checked that the imported events can be folded; `maestro check`/,
  );
  t.notRegex((await other.maestro('import', '--file', 'log.ndjson')).stderr, /can be folded/, 'nothing is new');
});
