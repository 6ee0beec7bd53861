import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import type { Timestamp } from '../../../../src/hlc/timestamp.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { type CliOptions, type CliResult, runCli } from '../../../support/cli/cli.js';
import { aSchemaName, useTemporaryFolder, useTestDatabase } from '../../../support/database.js';
import { anEvent, anId } from '../../../support/data/factories.js';

const { knex, url } = useTestDatabase(test, { migrated: false });
const folder = useTemporaryFolder(test);

/** A version of an application: what a deposit does, and whose the aggregates are, differs from version to version. */
function configuration(deposited: string, owns = "{ firstEvents: ['opened'] }"): string {
  return `
import { defineAggregate, defineConfig } from 'maestro-store';

const Account = defineAggregate({
  name: 'account',
  initialState: () => ({ balance: 0 }),
  commands: {},
  events: {
    opened: (state) => state,
    deposited: (state, { amount }: { amount: number }) => (${deposited}),
  },
  owns: ${owns},
});
export default defineConfig({ aggregates: [Account] });
`;
}

const ADDS = '{ ...state, balance: state.balance + amount }';
/** Versions of the application, by the names of their files. */
const VERSIONS = {
  'before.ts': configuration(ADDS),
  'same.ts': configuration('{ balance: amount + state.balance, ...{} }'),
  'strict.ts': configuration(`amount === 13 ? (() => { throw new Error('unlucky') })() : ${ADDS}`),
  'rounding.ts': configuration('{ ...state, balance: Math.floor(state.balance + amount) }'),
  'unstorable.ts': configuration('{ balance: NaN }'),
  'keeping.ts': configuration('{ balance: amount }'),
  'disowning.ts': configuration(ADDS, '{}'),
  'broken-owns.ts': configuration(ADDS, "{ ids: () => { throw new Error('no idea') } }"),
};

test.before(() => {
  for (const [file, text] of Object.entries(VERSIONS)) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, 'none.json'), '{}');
});

/** A log of the test's own. */
interface Log {
  readonly schema: string;
  readonly store: PostgresStore;
  maestro(argv: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Runs `check` with a version of the application. */
  check(version: keyof typeof VERSIONS, ...argv: string[]): Promise<CliResult>;
}

async function aLog(t: Pick<ExecutionContext, 'teardown'>, partitions = 1): Promise<Log> {
  const schema = aSchemaName();
  await migrate(knex, { schema, partitions });
  t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
  const maestro: Log['maestro'] = (argv, options) => runCli(argv, { cwd: folder, env, ...options });
  return {
    schema,
    store: new PostgresStore(knex, { schema }),
    maestro,
    check: (version, ...argv) => maestro(['check', '--config', version, ...argv]),
  };
}

/** Stores an account with these deposits after those that it has. */
async function deposit({ store }: Log, amounts: readonly number[], id = anId(), sequence = 1): Promise<Timestamp> {
  const opened = sequence === 1 ? [anEvent(id, { type: 'opened', body: {} })] : [];
  const deposits = amounts.map((amount, index) =>
    anEvent(id, { sequence: sequence + opened.length + index, type: 'deposited', body: { amount } }),
  );
  await store.commitEvents([...opened, ...deposits]);
  return id;
}

interface Report {
  readonly problems: readonly Record<string, unknown>[];
  readonly checked: Record<string, unknown>;
}

function reportOf({ stdout }: CliResult): Report {
  return JSON.parse(stdout) as Report;
}

let files = 0;
/** The name of a file that is not there. */
function aFile(): string {
  return `${(files += 1)}.ndjson`;
}

test('a log that the current code folds is fine, on both layouts', async (t) => {
  for (const partitions of [1, 3]) {
    const log = await aLog(t, partitions);
    await deposit(log, [1, 2]);
    await deposit(log, []);
    const all = await log.check('before.ts');
    t.deepEqual(all, { code: 0, stdout: 'checked 4 events of 2 aggregates: no problem\n', stderr: '' });
    t.deepEqual(await log.check('before.ts', '--all'), all, 'all is what is checked without asking');
    t.deepEqual(reportOf(await log.check('before.ts', '-o', 'json')), {
      problems: [],
      checked: { aggregates: 2, events: 4, compared: 0, snapshots: 0, withoutHandlers: 0 },
    });
    const ndjson = await log.check('before.ts', '-o', 'ndjson');
    t.deepEqual([ndjson.code, ndjson.stdout], [0, '']);
    t.is(ndjson.stderr, 'note: checked 4 events of 2 aggregates: no problem\n');
    t.deepEqual(await log.check('before.ts', '-q'), { code: 0, stdout: '', stderr: '' });
  }
});

test('a handler that fails on a stored event is named, with id and sequence, and the exit code is 1', async (t) => {
  const log = await aLog(t);
  await deposit(log, [1, 2, 3]);
  const unlucky = await deposit(log, [5, 13, 7]);
  const worse = await deposit(log, [13]);
  const problem = {
    aggregateId: unlucky.hex,
    aggregate: 'account',
    sequence: 3,
    problem: 'handler',
    message: `The event handler "deposited" of the aggregate account at sequence 3 of ${unlucky.hex} threw: unlucky.`,
  };

  const json = await log.check('strict.ts', '-o', 'json');
  t.is(json.code, 1);
  const { problems, checked } = reportOf(json);
  t.deepEqual(checked, { aggregates: 3, events: 7, compared: 0, snapshots: 0, withoutHandlers: 0 });
  t.deepEqual(problems[0], problem);
  t.like(problems[1], { aggregateId: worse.hex, sequence: 2 });
  t.is(problems.length, 2);

  const ndjson = await log.check('strict.ts', '-o', 'ndjson');
  t.is(ndjson.code, 1);
  t.deepEqual(
    ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    problems,
  );
  t.deepEqual(await log.check('strict.ts', '-q'), { code: 1, stdout: `${unlucky.hex}\n${worse.hex}\n`, stderr: '' });
  const table = await log.check('strict.ts');
  t.is(table.code, 1);
  t.regex(table.stdout, /^AGGREGATE +NAME +SEQUENCE +PROBLEM$/m);
  t.true(table.stdout.includes(problem.message));
  t.true(table.stdout.endsWith('\nchecked 7 events of 3 aggregates: 2 problems\n'));
});

test('a type without a handler, and a hole in a history, are problems of that aggregate only', async (t) => {
  const log = await aLog(t);
  const [strange, holed] = [await deposit(log, [1]), await deposit(log, [1])];
  await log.store.commitEvents([
    anEvent(strange, { sequence: 3, type: 'renamed' }),
    anEvent(holed, { sequence: 5, type: 'deposited', body: { amount: 1 } }),
  ]);
  await deposit(log, [1]);
  const { problems, checked } = reportOf(await log.check('before.ts', '-o', 'json'));
  t.like(problems, [
    { aggregateId: strange.hex, problem: 'handler', sequence: 3 },
    { aggregateId: holed.hex, problem: 'gap', sequence: 5, message: 'a gap: events 3 to 4 are missing' },
  ]);
  t.regex(String(problems[0]?.['message']), /no handler for the event "renamed"/);
  t.is(checked['aggregates'], 3);
});

test('aggregates that no definition owns are counted and warned of', async (t) => {
  const log = await aLog(t);
  await deposit(log, [1]);
  await log.store.commitEvents([anEvent(anId(), { type: 'turned' }), anEvent(anId(), { type: 'turned' })]);
  const { code, stdout, stderr } = await log.check('before.ts');
  t.deepEqual([code, stdout], [0, 'checked 2 events of 1 aggregate: no problem\n']);
  t.is(stderr, 'warning: Not checked, because no configured definition owns them: 2 aggregates.\n');
  t.is(reportOf(await log.check('before.ts', '-o', 'json')).checked['withoutHandlers'], 2);

  const named = reportOf(await log.check('before.ts', '--aggregate', 'account', '-o', 'json'));
  t.is(named.checked['withoutHandlers'], 0, 'a name makes all of them its own');
  t.is(named.problems.length, 2, 'and those then have no handler');
});

test('a definition that cannot say what is its own is a problem, not the end of the check', async (t) => {
  const log = await aLog(t);
  const id = await deposit(log, [1]);
  const { code, stdout } = await log.check('broken-owns.ts', '-o', 'json');
  t.is(code, 1);
  const [problem] = (JSON.parse(stdout) as Report).problems;
  t.like(problem, { aggregateId: id.hex, aggregate: null, sequence: 0, problem: 'handler' });
  t.regex(String(problem?.['message']), /owns\.ids .*threw: no idea/);
});

testProp(
  'code that makes the same states finds no difference to a baseline, whatever came since',
  [
    fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.array(fc.integer(), { maxLength: 3 }),
  ],
  async (t, histories, later) => {
    const undo: (() => unknown)[] = [];
    try {
      const log = await aLog({ teardown: (callback) => void undo.push(callback) });
      const ids: Timestamp[] = [];
      for (const amounts of histories)
        ids.push(
          await deposit(
            log,
            amounts.map((amount) => amount + 0),
          ),
        );
      const file = aFile();
      t.is((await log.check('before.ts', '--write-baseline', file)).code, 0);
      t.is(readFileSync(join(folder, file), 'utf8').split('\n').length, histories.length + 3);

      for (const [index, id] of ids.entries()) await deposit(log, later, id, (histories[index]?.length ?? 0) + 2);
      await deposit(log, later);

      const result = await log.check('same.ts', '--baseline', file, '-o', 'json');
      t.is(result.code, 0);
      const { problems, checked } = reportOf(result);
      t.deepEqual(problems, []);
      t.like(checked, { aggregates: histories.length + 1, compared: histories.length });
    } finally {
      for (const callback of undo) await callback();
    }
  },
  { numRuns: 6 },
);

test('states that differ from the baseline are told at the sequence that it was written at', async (t) => {
  const log = await aLog(t);
  const [whole, broken] = [await deposit(log, [1, 2]), await deposit(log, [1.5, 2])];
  const file = aFile();
  await log.check('before.ts', '--write-baseline', file);
  await deposit(log, [0.25], whole, 4);
  await deposit(log, [0.5], broken, 4);

  const json = await log.check('rounding.ts', '--baseline', file, '-o', 'json');
  t.is(json.code, 1);
  t.deepEqual(reportOf(json), {
    problems: [
      {
        aggregateId: broken.hex,
        aggregate: 'account',
        sequence: 3,
        problem: 'state',
        message: 'the state differs from the baseline',
      },
    ],
    checked: { aggregates: 2, events: 8, compared: 2, snapshots: 0, withoutHandlers: 0 },
  });
  const table = await log.check('rounding.ts', '--baseline', file);
  t.true(table.stdout.endsWith('checked 8 events of 2 aggregates, 2 against the baseline: 1 problem\n'));
  t.is((await log.check('rounding.ts')).code, 0, 'without a baseline nothing fails');
});

test('aggregates and events that the baseline knows must still be there; new ones may come', async (t) => {
  const log = await aLog(t);
  const [first, shortened, stays, last] = [
    await deposit(log, [1]),
    await deposit(log, [1, 2, 3]),
    await deposit(log, [1]),
    await deposit(log, [1]),
  ];
  const file = aFile();
  await log.check('before.ts', '--write-baseline', file);
  const other = await aLog(t);
  await deposit(other, [1, 2], shortened);
  await deposit(other, [1], stays);
  await deposit(other, [9]);

  const { problems, checked } = reportOf(await other.check('before.ts', '--baseline', file, '-o', 'json'));
  t.like(problems, [
    { aggregateId: first.hex, sequence: 2, problem: 'missing' },
    {
      aggregateId: shortened.hex,
      sequence: 3,
      problem: 'missing',
      message: 'the history is shorter than in the baseline, which has it up to event 4',
    },
    {
      aggregateId: last.hex,
      sequence: 2,
      problem: 'missing',
      message: 'the log has no events of this aggregate any more',
    },
  ]);
  t.is(checked['compared'], 1);

  const disowned = reportOf(await log.check('disowning.ts', '--baseline', file, '-o', 'json'));
  t.is(disowned.problems.length, 4, 'what nobody owns any more is missed too');
  t.like(disowned.problems[0], { message: 'no configured definition owns this account' });
});

test('a state that is no JSON is compared as people see it', async (t) => {
  const log = await aLog(t);
  await deposit(log, [1]);
  const file = aFile();
  t.is((await log.check('unstorable.ts', '--write-baseline', file)).code, 0);
  t.is((await log.check('unstorable.ts', '--baseline', file)).code, 0);
  t.is((await log.check('before.ts', '--baseline', file)).code, 1);
});

test('a state nested deeper than any that can be stored is compared too', async (t) => {
  const log = await aLog(t);
  const id = await deposit(log, []);
  await knex.raw(`INSERT INTO "${log.schema}".event_log VALUES (?, ?, 2, 'deposited', ?::text::jsonb)`, [
    anId().encode(),
    id.encode(),
    `{"amount": ${'['.repeat(6000)}${']'.repeat(6000)}}`,
  ]);
  const file = aFile();
  t.is((await log.check('keeping.ts', '--write-baseline', file)).code, 0);
  t.is((await log.check('keeping.ts', '--baseline', file)).code, 0);
  t.is((await log.check('unstorable.ts', '--baseline', file)).code, 1);
});

test('--sample checks so many, and misses none that it did not ask for', async (t) => {
  const log = await aLog(t);
  for (let index = 0; index < 7; index += 1) await deposit(log, [index]);
  const file = aFile();
  await log.check('before.ts', '--write-baseline', file);
  for (const [sample, count] of [
    ['3', 3],
    ['7', 7],
    ['1000', 7],
  ] as const) {
    const result = await log.check('before.ts', '--sample', sample, '--baseline', file, '-o', 'json');
    t.is(result.code, 0);
    t.deepEqual(reportOf(result), {
      problems: [],
      checked: { aggregates: count, events: 2 * count, compared: count, snapshots: 0, withoutHandlers: 0 },
    });
  }
});

test('a baseline is written whole or not at all, and replaced only with --force', async (t) => {
  const log = await aLog(t);
  await deposit(log, [1]);
  const [file, partials] = [aFile(), () => readdirSync(folder).filter((name) => name.startsWith(`.${file}.`))];
  const read = () => readFileSync(join(folder, file), 'utf8');

  const failed = await runCli(['check', '--config', 'before.ts', '--write-baseline', file], {
    cwd: folder,
    env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: 'nothing_here' },
  });
  t.is(failed.code, 2);
  t.false(readdirSync(folder).includes(file));

  t.is((await log.check('before.ts', '--write-baseline', file)).code, 0);
  const first = read();
  await deposit(log, [2]);
  const refused = await log.check('before.ts', '--write-baseline', file);
  t.deepEqual([refused.code, refused.stdout], [2, '']);
  t.regex(refused.stderr, /exists already\.\nhint: .*--force/);
  t.is(read(), first);
  t.is((await log.check('before.ts', '--write-baseline', file, '--force')).code, 0);
  t.true(read().length > first.length);
  t.is((await log.check('before.ts', '--write-baseline', 'no/folder.ndjson')).code, 2);
  t.deepEqual(partials(), []);
});

test('what cannot be folded is in no baseline, and said so when it is written', async (t) => {
  const log = await aLog(t);
  await deposit(log, [13]);
  const fine = await deposit(log, [1]);
  const file = aFile();
  t.is((await log.check('strict.ts', '--write-baseline', file)).code, 1);
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  t.deepEqual([lines.length, lines.at(-1)], [4, '']);
  t.like(JSON.parse(lines[1] ?? ''), { aggregateId: fine.hex, aggregate: 'account', sequence: 2 });
});

test('a file that is no whole baseline is refused, with the line, before anything is checked', async (t) => {
  const log = await aLog(t);
  await deposit(log, [13]);
  await deposit(log, [1]);
  const file = aFile();
  await log.check('before.ts', '--write-baseline', file);
  const [header = '', first = '', second = '', footer = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
  const entry = (changes: object) => JSON.stringify({ ...(JSON.parse(first) as object), ...changes });
  for (const [lines, line, problem] of [
    [[], 1, 'is missing'],
    [['{"format":"maestro-baseline","version":2}', footer], 1, 'not the beginning of a baseline of this version'],
    [['{"format":"maestro-export","version":1}'], 1, 'not the beginning'],
    [[header], 2, 'is missing'],
    [[header, first], 3, 'is missing'],
    [[header, first, footer], 3, 'is not an entry'],
    [[header, first, first, footer], 3, 'not in the order of ids'],
    [[header, second, first, footer], 3, 'not in the order of ids'],
    [[header, first, second, footer, second], 5, 'comes after the end'],
    [[header, first, '{'], 3, 'is not an entry'],
    [[header, first, ''], 3, 'is not an entry'],
    [[header, 'null'], 2, 'is not an entry'],
    [[header, entry({ aggregateId: 'x' })], 2, 'is not an entry'],
    [[header, entry({ sequence: 0 })], 2, 'is not an entry'],
    [[header, entry({ sequence: 1.5 })], 2, 'is not an entry'],
    [[header, entry({ sequence: 2 ** 31 })], 2, 'is not an entry'],
    [[header, entry({ state: 'ff' })], 2, 'is not an entry'],
    [[header, entry({ aggregate: undefined })], 2, 'is not an entry'],
    [[header, '\xff'], 2, 'is not UTF-8'],
  ] as const) {
    const bad = aFile();
    writeFileSync(join(folder, bad), lines.map((text) => `${text}\n`).join(''), 'latin1');
    const { code, stdout, stderr } = await log.check('strict.ts', '--baseline', bad);
    t.deepEqual([code, stdout], [2, ''], problem);
    t.true(stderr.startsWith(`error: The file ${bad}, line ${line}, `) && stderr.includes(problem), stderr);
  }
  const piped = await log.maestro(['check', '--config', 'before.ts', '--baseline', '-'], { stdin: `${header}\n` });
  t.is(piped.code, 2);
  t.regex(piped.stderr, /^error: Standard input, line 2, is missing/m);
  t.is((await log.check('before.ts', '--baseline', 'missing.ndjson')).code, 2);
});

test('without handlers there is nothing to check with: exit 2, and what to do', async (t) => {
  const log = await aLog(t);
  for (const argv of [['check', '--config', 'none.json'], ['check']]) {
    const { code, stdout, stderr } = await log.maestro(argv);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, /^error: maestro check needs the handlers .* none are configured\.\nhint: .*maestro\.config\.ts/);
  }
});

test('options that contradict each other, or name nothing, are wrong usage', async (t) => {
  const log = await aLog(t);
  for (const [argv, complaint] of [
    [['--all', '--sample', '3'], /--all and --sample contradict/],
    [['--sample', '0'], /--sample/],
    [['--write-baseline', '-'], /needs the name of a file/],
    [['--force'], /--force works only together with --write-baseline/],
    [['--aggregate', 'door'], /No aggregate "door".*\nhint: The configured aggregates are account/],
  ] as const) {
    const { code, stdout, stderr } = await log.check('before.ts', ...argv);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, complaint);
  }
});

test('a gate that let everything through unseen is none: without any aggregate checked it fails', async (t) => {
  const log = await aLog(t);
  await deposit(log, [1]);
  const { code, stdout } = await log.check('disowning.ts', '--sample', '1');
  t.is(code, 1);
  t.regex(stdout, /^Nothing was checked at all\.$/m);
  const json = await log.check('disowning.ts', '-o', 'json');
  t.like(JSON.parse(json.stdout), {
    problems: [],
    checked: { aggregates: 0, withoutHandlers: 1 },
    nothingChecked: true,
  });
  for (const argv of [['-q'], ['-o', 'ndjson']])
    t.regex((await log.check('disowning.ts', ...argv)).stderr, /^warning: Nothing was checked at all\.$/m);
  t.notRegex((await log.check('before.ts', '-o', 'json')).stdout, /nothingChecked/);
  const empty = await aLog(t);
  t.is((await empty.check('before.ts')).code, 0, 'an empty log has nothing to check');
});

/** Stores a snapshot whatever it says, as somebody else might have. */
async function put({ schema }: Log, id: Timestamp, sequence: number, body: string): Promise<void> {
  await knex.raw(`INSERT INTO "${schema}".snapshots VALUES (?, ?, ?::text::jsonb)`, [id.encode(), sequence, body]);
}

test('stored snapshots are compared with the events at their sequence, on both layouts', async (t) => {
  for (const partitions of [1, 3]) {
    const log = await aLog(t, partitions);
    const [right, wrong, ahead, versioned, none, beginning] = [
      await deposit(log, [1, 2]),
      await deposit(log, [1, 2]),
      await deposit(log, [1]),
      await deposit(log, [1]),
      await deposit(log, [1]),
      await deposit(log, [1]),
    ];
    const foreign = anId();
    await log.store.commitEvents([anEvent(foreign, { type: 'unknown' })]);
    await put(log, right, 2, '{"balance": 1.0}');
    await put(log, wrong, 2, '{"balance": 7}');
    await put(log, ahead, 9, '{"balance": 1}');
    await put(log, versioned, 2, '{"$maestro": {"version": 1}, "state": {"balance": 9}}');
    await put(log, beginning, 0, '{"balance": 5}');
    await put(log, foreign, 1, '{}');
    await put(log, anId(), 1, '{}');

    const expected = [
      [wrong.hex, 2, 'the handlers make another state: ~ /balance 7 → 1'],
      [ahead.hex, 9, 'the history ends at sequence 2'],
      [beginning.hex, 0, 'the handlers make another state: ~ /balance 5 → 0'],
    ];
    for (const argv of [[], ['--sample', '50']]) {
      const { code, stdout, stderr } = await log.check('before.ts', ...argv, '-o', 'json');
      t.is(code, 1);
      const { problems, checked } = JSON.parse(stdout) as Report;
      t.like(checked, { aggregates: 6, snapshots: 5, withoutHandlers: 1 });
      t.true(problems.every(({ problem, aggregate }) => problem === 'snapshot' && aggregate === 'account'));
      const found = problems.map(({ aggregateId, sequence, message }) => [aggregateId, sequence, message]);
      t.deepEqual(found, expected.toSorted());
      t.regex(
        stderr,
        /^note: `maestro snapshot verify --fix --config before\.ts` .* `maestro snapshot delete --config before\.ts`/,
      );
    }
    t.regex((await log.check('before.ts')).stdout, /^checked 14 events of 6 aggregates, 5 snapshots: 3 problems$/m);
    const without = await log.check('before.ts', '--no-snapshots');
    t.is(without.code, 0);
    t.regex(without.stderr, /^note: stored snapshots were not compared \(--no-snapshots\)$/m);
    t.is((await log.maestro(['snapshot', 'get', none.hex])).code, 3);
  }
});

test('a right snapshot that does not come back as the state it is of is a problem, and a bad history is told once', async (t) => {
  const log = await aLog(t);
  writeFileSync(
    join(folder, 'bigint.ts'),
    configuration('{ balance: BigInt(state.balance) + BigInt(amount) }').replace(
      '{ balance: 0 }',
      '{ balance: 0n as unknown }',
    ),
  );
  const id = await deposit(log, [1]);
  await put(log, id, 2, '{"balance": 1}');
  const lossy = await log.maestro(['check', '--config', 'bigint.ts', '-o', 'ndjson']);
  t.is(lossy.code, 1);
  t.regex(
    lossy.stdout,
    /"problem":"snapshot","message":"The state of the aggregate account .* state\.balance is a bigint, but is read as a number\."/,
  );
  t.is((await log.maestro(['snapshot', 'verify', id.hex, '--config', 'bigint.ts'])).code, 1);

  const unlucky = await deposit(log, [13]);
  await put(log, unlucky, 2, '{"balance": 1}');
  const { stdout } = await log.check('strict.ts', '-o', 'ndjson');
  t.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { problem: string }).problem),
    ['handler'],
  );
});
