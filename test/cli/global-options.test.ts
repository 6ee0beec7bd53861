import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { notAmong, OF_PROJECTIONS, writingCommands, SAMPLE_CORRELATION } from '../support/cli/sample-commands.js';
import { type CliOptions, type CliResult, runCli } from '../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { signed } from '../support/data/transfer.js';

const database = useTestDatabase(test);
const written = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const id = anId();
const HERE = ['--url', database.url, '--schema', database.schema];
const ESCAPE = '\u001b[';

const history = aHistory(id, 3);

test.before(async () => {
  await database
    .store()
    .commitEvents([...history, anEvent(anId(), { type: 'traced', metadata: { correlationId: SAMPLE_CORRELATION } })]);
  await database.store().commitSnapshot({ aggregateId: id, sequence: 2, body: { n: 2 } });
  const command = { aggregateId: id, commandId: 'first', digest: '0'.repeat(64), firstSequence: 1, lastSequence: 1 };
  await database.store().commitCommand(command, []);
  await written.store().commitEvents(history);
  writeFileSync(join(folder, 'log.ndjson'), signed([]));
  writeFileSync(
    join(folder, 'tally.ts'),
    `import { defineAggregate } from 'maestro-store';
     export default { aggregates: [defineAggregate({ name: 'tally', initialState: () => ({}), commands: {},
       events: { happened: (state) => state }, owns: { firstEvents: ['happened'] } })] };`,
  );
});

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli([...argv, ...HERE], { cwd: folder, ...options });
}

const COMMANDS = {
  events: ['events', id.hex],
  replay: ['replay', id.hex],
  'snapshot get': ['snapshot', 'get', id.hex],
  // Other events come meanwhile, of other types.
  aggregates: ['aggregates', '--type', 'happened'],
  search: ['search', '--type', 'happened', '--where', '$.n > 1'],
  event: ['event', history[1]?.timestamp.hex ?? ''],
  tail: ['tail', id.hex, '-n', '2'],
  stats: ['stats', '--by', 'aggregate', '--limit', '1'],
  'replay --steps': ['replay', id.hex, '--steps'],
  diff: ['diff', id.hex, '2', '2'],
  bisect: ['bisect', id.hex, '--where', '$.n == 2'],
  verify: ['verify', id.hex],
  'commands list': ['commands', 'list', id.hex],
  'projections status': ['projections', 'status'],
  'id show': ['id', 'show', id.hex],
  'migrate status': ['migrate', 'status'],
  'migrate index list': ['migrate', 'index', 'list'],
  trace: ['trace', SAMPLE_CORRELATION],
  migrate: ['migrate', 'up'],
  'migrate sql': ['migrate', 'sql'],
} as const;
/** In a log of their own, each with something to do. */
const WRITING = writingCommands({ id: id.hex, timestamp: '', file: 'log.ndjson', aggregate: 'tally' });
/** Those whose table has headings or names, which a terminal shows in another style. */
const STYLED = Object.entries(COMMANDS).filter(
  ([name]) => !['migrate', 'migrate sql', 'migrate index list', 'projections status'].includes(name),
);

testProp(
  'global options mean the same before, between and after the words of a command',
  [
    fc.constantFrom(...Object.values(COMMANDS)),
    fc
      .tuple(
        fc.constantFrom(['-o', 'json'], ['--output=ndjson'], ['-ojson'], ['-o', 'table']),
        fc.subarray([['--color', 'always'], ['-q'], ['--timeout', '20'], ['--no-input']]),
      )
      .map(([format, others]) => [format, ...others]),
    fc.array(fc.nat({ max: 3 }), { minLength: 8, maxLength: 8 }),
  ],
  async (t, words, options, places) => {
    const after = await maestro([...words, ...options.flat()]);
    const mixed: string[] = [];
    for (const [index, word] of [...words, undefined].entries()) {
      for (const [which, option] of [...options, HERE].entries())
        if (Math.min(places[which] ?? 0, words.length) === index) mixed.push(...option);
      if (word !== undefined) mixed.push(word);
    }
    t.deepEqual(await runCli(mixed, { cwd: folder }), after, mixed.join(' '));
  },
  { numRuns: 12 },
);

/**
 * Commands that print no JSON or always the same lines (`step`, `export`, `completion`), or serve until Ctrl-C, or need handlers,
 * or find something in the server, or use no log, or count events that others commit meanwhile (`types`).
 */
const APART = [
  ...['step', 'snapshot verify', 'types', 'check', 'export', 'doctor', 'ui'],
  ...OF_PROJECTIONS,
  ...['id new', 'completion'],
];

test('every command is among those that print json, but for a few', (t) => {
  const writing = Object.keys(WRITING).map((words) => words.split(' '));
  t.deepEqual(notAmong([...Object.values(COMMANDS), ...writing]), APART);
});

test('every command that only reads prints one document as json and one per line as ndjson', async (t) => {
  for (const argv of Object.values(COMMANDS)) {
    const json = await maestro([...argv, '-o', 'json']);
    t.is(json.code, 0, json.stderr);
    t.notThrows(() => JSON.parse(json.stdout), argv.join(' '));
    const ndjson = await maestro([...argv, '-o', 'ndjson']);
    // What finds nothing, such as verify in a sound log, has no line.
    const lines = ndjson.stdout.split('\n');
    t.is(lines.pop(), '');
    for (const line of lines) t.notThrows(() => JSON.parse(line), line);
  }
});

test('every command that writes prints one document as json', async (t) => {
  const where = ['--url', written.url, '--schema', written.schema];
  for (const [words, argv] of Object.entries(WRITING)) {
    const { code, stdout, stderr } = await runCli(
      [...words.split(' '), ...argv, '-o', 'json', ...where, '--config', 'tally.ts'],
      { cwd: folder },
    );
    t.is(code, 0, `${words}: ${stderr}`);
    t.notThrows(() => JSON.parse(stdout), words);
  }
});

for (const [name, argv] of STYLED) {
  test(`${name} is coloured in a terminal, and only there, unless told otherwise`, async (t) => {
    const coloured = async (options: CliOptions, ...flags: string[]) => {
      const { code, stdout } = await maestro([...argv, ...flags], options);
      t.is(code, 0);
      return stdout.includes(ESCAPE);
    };
    t.true(await coloured({ terminal: 120 }));
    t.false(await coloured({}));
    t.false(await coloured({ terminal: 120 }, '--color', 'never'));
    t.true(await coloured({}, '--color', 'always'));
    t.false(await coloured({ terminal: 120, env: { NO_COLOR: '1' } }));
    t.false(await coloured({ terminal: 120, env: { TERM: 'dumb' } }));
    t.true(await coloured({ terminal: 120, env: { NO_COLOR: '' } }), 'an empty NO_COLOR is none');
    t.true(await coloured({ env: { NO_COLOR: '1' } }, '--color', 'always'), 'a flag counts more than the environment');
  });
}

test('colour changes nothing but the colour', async (t) => {
  for (const [, argv] of STYLED) {
    const plain = await maestro([...argv, '--color', 'never']);
    const coloured = await maestro([...argv, '--color', 'always']);
    t.is(stripVTControlCharacters(coloured.stdout), plain.stdout);
  }
});

test('json and ids are never coloured', async (t) => {
  for (const argv of Object.values(COMMANDS))
    for (const flags of [['-o', 'json'], ['-o', 'ndjson'], ['-q']]) {
      const { stdout } = await maestro([...argv, ...flags, '--color', 'always'], { terminal: 120 });
      t.false(stdout.includes(ESCAPE), `${argv.join(' ')} ${flags.join(' ')}`);
    }
});

test('-v shows the SQL and its time on stderr, and never a value', async (t) => {
  const secret = 'value-that-is-nobodys-business';
  const { code, stdout, stderr } = await maestro([
    'append',
    'new',
    '--type',
    secret,
    '--body',
    `{"x": "${secret}"}`,
    '-v',
  ]);
  t.is(code, 0);
  t.regex(stderr, /^sql: INSERT INTO .* \(\d+\.\d ms\)$/m);
  t.false(stderr.includes(secret));
  t.false(stdout.includes('sql:'));

  const quiet = await maestro(['events', id.hex, '-o', 'ndjson']);
  const verbose = await maestro(['events', id.hex, '-o', 'ndjson', '--verbose']);
  t.is(verbose.stdout, quiet.stdout, 'the result is the same');
  t.is(quiet.stderr, '');
  t.regex(verbose.stderr, /^sql: SELECT .*event_log.* \(\d+\.\d ms\)\n/);
  t.false(verbose.stderr.includes(id.hex));
});

test('-v shows where an error comes from, and without it there is no stack', async (t) => {
  const argv = ['events', anId().hex, '--schema', 'nothing_here'];
  const [quiet, verbose] = [
    await runCli([...argv, '--url', database.url]),
    await runCli([...argv, '--url', database.url, '-v']),
  ];
  t.is(quiet.code, verbose.code);
  t.is(quiet.stderr.trimEnd().split('\n').length, 2, 'an error and a hint');
  t.regex(verbose.stderr, /^ {4}at /m);
  t.regex(verbose.stderr, /^caused by: /m);
});

test('the schema is that of the flag, else of the environment, else of the configuration', async (t) => {
  const exitWith = async (options: CliOptions, ...argv: string[]) =>
    (await runCli(['events', id.hex, '--url', database.url, ...argv], options)).code;
  const configured = join(folder, 'configured');
  mkdirSync(configured);
  writeFileSync(join(configured, 'maestro.config.json'), JSON.stringify({ schema: database.schema }));

  t.is(await exitWith({ cwd: configured }), 0);
  t.is(await exitWith({ cwd: configured, env: { MAESTRO_SCHEMA: 'nothing_here' } }), 2);
  t.is(await exitWith({ env: { MAESTRO_SCHEMA: database.schema } }), 0);
  t.is(await exitWith({ env: { MAESTRO_SCHEMA: 'nothing_here' } }, '--schema', database.schema), 0);
  t.is(await exitWith({ env: { MAESTRO_SCHEMA: database.schema } }, '--schema', 'nothing_here'), 2);
});

test('the database is that of the flag, else of MAESTRO_DATABASE_URL, else of DATABASE_URL, else of the configuration', async (t) => {
  const nowhere = 'postgres://nobody@127.0.0.1:1/nowhere';
  const cwd = join(folder, 'connected');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'maestro.config.json'), JSON.stringify({ connection: database.url }));
  const exitWith = async (env: Record<string, string>, ...argv: string[]) =>
    (await runCli(['events', id.hex, '--schema', database.schema, ...argv], { cwd, env })).code;

  t.is(await exitWith({}), 0);
  t.is(await exitWith({ DATABASE_URL: nowhere }), 4);
  t.is(await exitWith({ DATABASE_URL: nowhere, MAESTRO_DATABASE_URL: database.url }), 0);
  t.is(await exitWith({ MAESTRO_DATABASE_URL: nowhere }, '--url', database.url), 0);
  t.is(await exitWith({ MAESTRO_DATABASE_URL: '' }), 2, 'an empty one is an error, never a fall-back');
});

test('the result is the same through a pooler in transaction mode', async (t) => {
  for (const argv of [COMMANDS.events, COMMANDS.replay])
    t.deepEqual(await maestro([...argv, '--pooler', 'transaction']), await maestro(argv));
  t.is(
    (await maestro(['append', 'new', '--type', 'a', '--body', '{}', '--pooler', 'transaction', '--timeout', '20']))
      .code,
    0,
  );
});
