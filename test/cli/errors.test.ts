import { createReadStream, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { exitCodeFor } from '../../src/cli/exit-codes.js';
import { run } from '../../src/cli/run.js';
import { lockFile } from '../../src/connection/embedded/file-lock.js';
import { MaestroError } from '../../src/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { OutcomeUnknownError } from '../../src/store/errors.js';
import { aContext } from '../../scripts/support/program.js';
import { type CliOptions, type CliResult, runCli } from '../support/cli/cli.js';
import { aSchemaName, testKnex, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { passwordCases } from '../support/cli/password-cases.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const HERE = ['--url', database.url, '--schema', database.schema];
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nowhere';
const role = aSchemaName();
const crowded = aSchemaName();
const foreign = aSchemaName();

/** An error that a command line ends with. */
interface Failure {
  readonly argv: readonly string[] | (() => Promise<readonly string[]>);
  readonly options?: CliOptions;
  readonly exit: number;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
}

function urlWith(changes: Partial<Pick<URL, 'username' | 'password' | 'pathname' | 'port' | 'search'>>): string {
  return Object.assign(new URL(database.url), changes).href;
}

async function aStoredHistory(length: number): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents(aHistory(id, length));
  return id;
}

const FAILURES: Readonly<Record<string, Failure>> = {
  'an unknown command': {
    argv: ['evnts'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^Unknown command 'evnts'\.$/,
    hint: /^Did you mean events\?$/,
  },
  'an unknown option': {
    argv: ['id', 'new', '--nothing'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^Unknown option '--nothing'\.$/,
    hint: /--help/,
  },
  'a missing argument': {
    argv: ['events'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^Missing required argument 'id'\.$/,
    hint: /--help/,
  },
  'a word in the place of a time': {
    argv: ['search', '--since', 'soon'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^--since: 'soon' is not a time\.$/,
    hint: /^Write a time like .* `maestro help times`\.$/,
  },
  'a time that no event has': {
    argv: ['search', '--since', '1950-01-01'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^--since: '1950-01-01' is out of range\.$/,
    hint: /^No event is earlier than 1970/,
  },
  'a value that is none of the choices': {
    argv: ['stats', '--by', 'typ'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^--by: 'typ' is not one of type, day, aggregate, partition\.$/,
    hint: /^Did you mean type\?$/,
  },
  'no id': {
    argv: ['events', '012'],
    exit: 2,
    code: 'MAESTRO_USAGE',
    message: /^'012' is not an id\.$/,
    hint: /at least its first 4 digits/,
  },
  'bad input': {
    argv: ['append', 'new', '--type', 'a', '--body', '{'],
    exit: 2,
    code: 'MAESTRO_INPUT',
    message: /^The text of --body is not valid JSON/,
    hint: /^Nothing was written\.$/,
  },
  'an empty URL': {
    argv: ['migrate', '--url', ''],
    exit: 2,
    code: 'MAESTRO_CONFIGURATION',
    message: /--url is empty/,
    hint: /postgres:\/\//,
  },
  'two databases': {
    argv: ['migrate', '--url', NOWHERE, '--data-dir', 'data'],
    exit: 2,
    code: 'MAESTRO_CONFIGURATION',
    message: /--url and --data-dir name two databases/,
    hint: /Leave one of them out/,
  },
  'an impossible schema name': {
    argv: ['migrate', '--url', NOWHERE, '--schema', 'a"; DROP SCHEMA public; --'],
    exit: 2,
    code: 'MAESTRO_INVALID_ARGUMENT',
    message: /schema/i,
    hint: /./,
  },
  'a database that was not migrated': {
    argv: ['events', anId().hex, '--url', database.url, '--schema', 'nothing_here'],
    exit: 2,
    code: 'MAESTRO_NOT_MIGRATED',
    message: /nothing_here\.event_log/,
    hint: /maestro migrate/,
  },
  'an embedded database that is not there': {
    argv: ['events', anId().hex, '--data-dir', 'not-there'],
    exit: 2,
    code: 'MAESTRO_NOT_MIGRATED',
    message: /no embedded database in .*not-there/,
    hint: /maestro migrate/,
  },
  'a folder of somebody else': {
    argv: async () => {
      mkdirSync(join(folder, 'photos'));
      writeFileSync(join(folder, 'photos', 'cat.jpg'), '');
      return ['migrate', '--data-dir', 'photos'];
    },
    exit: 2,
    code: 'MAESTRO_EMBEDDED_FOLDER',
    message: /photos is not empty, and is not an embedded database/,
    hint: /--data-dir.* left untouched/,
  },
  'an unknown aggregate': {
    argv: ['events', anId().hex, ...HERE],
    exit: 3,
    code: 'MAESTRO_NOT_FOUND',
    message: /^There is no aggregate [0-9a-f]{32}/,
    hint: /Check the id/,
  },
  'no snapshot': {
    argv: ['snapshot', 'get', anId().hex, ...HERE],
    exit: 3,
    code: 'MAESTRO_NOT_FOUND',
    message: /^There is no aggregate [0-9a-f]{32}/,
    hint: /--data-dir/,
  },
  'a server that nobody reaches': {
    argv: ['events', anId().hex, '--url', NOWHERE],
    exit: 4,
    code: 'MAESTRO_UNREACHABLE',
    message: /cannot be reached: .*ECONNREFUSED/,
    hint: /Check that the server runs/,
  },
  'a wrong password': {
    argv: ['events', anId().hex, '--url', urlWith({ password: 'wrong' })],
    exit: 4,
    code: 'MAESTRO_LOGIN_REFUSED',
    message: /refused the login: password authentication failed/,
    hint: /Check user, password/,
  },
  ...Object.fromEntries(
    [
      ['-c nonsense=1', '"nonsense"'],
      ['-c statement_timeout=soon', '"statement_timeout"'],
      ['-c shared_buffers=1GB', '"shared_buffers"'],
      ['--nonsense', '--nonsense'],
      ['nonsense', 'nonsense'],
    ].map(([options = '', named = '']) => [
      `a setting that the server refuses, ${options}`,
      {
        argv: ['events', anId().hex, '--url', urlWith({ search: `?options=${encodeURIComponent(options)}` })],
        exit: 4,
        code: 'MAESTRO_LOGIN_REFUSED',
        message: new RegExp(`^The server refused a setting of the session: .*${named}`),
        hint: /`options` in the URL, from PGOPTIONS, or from the role/,
      },
    ]),
  ),
  'a database that the server does not have': {
    argv: ['events', anId().hex, '--url', urlWith({ pathname: '/nothing_here' })],
    exit: 4,
    code: 'MAESTRO_LOGIN_REFUSED',
    message: /^The database does not exist: .*"nothing_here"/,
    hint: /^Check its name at the end of the URL/,
  },
  'a role that has all its connections': {
    argv: ['stats', '--url', urlWith({ username: crowded, password: crowded })],
    exit: 4,
    code: 'MAESTRO_UNREACHABLE',
    message: /too many connections for role/,
    hint: /^The server runs, but all connections .* this role .* are taken\. .*CONNECTION LIMIT/,
  },
  'a server without TLS': {
    argv: ['stats', '--url', `${database.url}?sslmode=require`],
    exit: 4,
    code: 'MAESTRO_LOGIN_REFUSED',
    message: /^The server does not support encrypted connections, but sslmode requires one\.$/,
    hint: /ssl = on/,
  },
  'tables of another shape': {
    argv: ['verify', '--url', database.url, '--schema', foreign],
    exit: 5,
    code: 'MAESTRO_DATABASE',
    message: /^PostgreSQL refused the statement: column .*aggregate_id.* does not exist/,
    hint: /`maestro migrate status --url [^`]*` shows what differs, `maestro doctor/,
  },
  'a role that may not read': {
    argv: ['events', anId().hex, '--url', urlWith({ username: role, password: role }), '--schema', database.schema],
    exit: 4,
    code: 'MAESTRO_PERMISSION_DENIED',
    message: /permission denied for schema/,
    hint: /Grant the role .*`maestro doctor .*` prints the GRANT/,
  },
  'an embedded database in use': {
    argv: ['migrate', '--data-dir', 'busy', '--timeout', '0.05'],
    exit: 4,
    code: 'MAESTRO_EMBEDDED_BUSY',
    message: /busy is in use by process 4711 on alpha \(maestro append\); waited 0\.05 s/,
    hint: /--timeout/,
  },
  'another sequence than expected': {
    argv: async () => [
      'append',
      (await aStoredHistory(2)).hex,
      '--type',
      'a',
      '--body',
      '{}',
      '--expect',
      '1',
      ...HERE,
    ],
    exit: 5,
    code: 'MAESTRO_SEQUENCE_CONFLICT',
    message: /expected to be 1, but it is 2; nothing was committed/,
    hint: /try again/,
  },
  'a snapshot that is not newer': {
    argv: async () => {
      const id = await aStoredHistory(2);
      await database.store().commitSnapshot({ aggregateId: id, sequence: 2, body: {} });
      return ['snapshot', 'put', id.hex, '--sequence', '2', '--body', '{}', ...HERE];
    },
    exit: 5,
    code: 'MAESTRO_STALE_SNAPSHOT',
    message: /is already stored/,
    hint: /Nothing was written/,
  },
  'a clock that is ahead': {
    argv: async () => {
      const id = anId();
      const timestamp = Timestamp.of({ time: Date.now() + 600_000, counter: anId().counter, nodeId: anId().nodeId });
      await database.store().commitEvents([anEvent(id, { timestamp })]);
      return ['append', id.hex, '--type', 'a', '--body', '{}', ...HERE];
    },
    exit: 5,
    code: 'MAESTRO_CLOCK_DRIFT',
    message: /ahead of this machine's clock/,
    hint: /Compare the clocks/,
  },
  'a rollback that would discard events': {
    argv: async () => {
      await aStoredHistory(1);
      return ['migrate', 'rollback', ...HERE];
    },
    exit: 5,
    code: 'MAESTRO_ROLLBACK_REFUSED',
    message: /would discard everything in .*event_log/,
    hint: /--discard-all-events/,
  },
};

let lock: FileHandle | undefined;

test.before(async () => {
  await database.knex.raw(`CREATE ROLE ${role} LOGIN PASSWORD '${role}';
    CREATE ROLE ${crowded} LOGIN PASSWORD '${crowded}' CONNECTION LIMIT 0;
    CREATE SCHEMA ${foreign}; CREATE TABLE ${foreign}.event_log (id bigint PRIMARY KEY, at timestamptz);
    CREATE TABLE ${foreign}.snapshots (id bigint PRIMARY KEY)`);
  lock = await lockFile(join(folder, 'busy.lock'), { timeout: 0 });
  await lock?.write(JSON.stringify({ pid: 4711, host: 'alpha', purpose: 'maestro append' }), 0);
});

test.after.always(async () => {
  await lock?.close();
  const knex = testKnex();
  await knex.raw(`DROP SCHEMA IF EXISTS ${foreign} CASCADE`);
  await knex.destroy();
});

for (const [name, { argv, options, exit, code, message, hint }] of Object.entries(FAILURES)) {
  test(`${name} ends with exit ${exit}, says what is wrong and what to do`, async (t) => {
    const words = typeof argv === 'function' ? await argv() : argv;

    const text = await runCli(words, { cwd: folder, ...options });
    t.deepEqual([text.code, text.stdout], [exit, ''], text.stderr);
    const [error, advice, ...rest] = text.stderr.split('\n');
    t.regex(error ?? '', /^error: /);
    t.regex((error ?? '').slice('error: '.length), message);
    t.regex(advice ?? '', /^hint: /);
    t.regex((advice ?? '').slice('hint: '.length), hint);
    t.deepEqual(rest, ['']);

    for (const format of ['json', 'ndjson']) {
      const result = await runCli([...words, '-o', format], { cwd: folder, ...options });
      t.deepEqual([result.code, result.stdout], [exit, '']);
      const { error } = onlyErrorOf(t.log, result);
      t.deepEqual(
        Object.keys(error).filter((key) => key !== 'warnings'),
        ['code', 'message', 'hint'],
      );
      t.is(error['code'], code);
      t.regex(String(error['message']), message);
      t.regex(String(error['hint']), hint);
    }
  });
}

test('pending migrations exit 1 when they are asked about, and that is no error', async (t) => {
  const argv = ['migrate', 'status', '--url', database.url, '--schema', aSchemaName()];
  const asked = await runCli([...argv, '--exit-code']);
  t.deepEqual([asked.code, asked.stderr], [1, '']);
  t.regex(asked.stdout, /pending/);
  t.deepEqual(await runCli(argv), { ...asked, code: 0 });
});

test('a statement that waits longer than --timeout exits 4', async (t) => {
  const transaction = await database.knex.transaction();
  const schema = aSchemaName();
  try {
    await runCli(['migrate', '--url', database.url, '--schema', schema]);
    await transaction.raw(`LOCK TABLE "${schema}".event_log IN ACCESS EXCLUSIVE MODE`);
    // Connecting may take longer: it is not what is looked at.
    const url = `${database.url}?connect_timeout=60`;
    const argv = ['events', anId().hex, '--url', url, '--schema', schema, '--timeout', '0.2'];
    const { code, stderr } = await runCli(argv);
    t.is(code, 4);
    t.regex(stderr, /^error: The database stopped the statement: .*\nhint: .*--timeout/);
  } finally {
    await transaction.rollback();
    await database.knex.raw(`DROP SCHEMA "${schema}" CASCADE`);
  }
});

test('a file that the system refuses where nothing else explains it exits 2, and is no defect', async (t) => {
  let stderr = '';
  const context = aContext({
    // A folder as standard input, as in `maestro append … --file - < folder`.
    stdin: Object.assign(createReadStream(tmpdir()), { isTerminal: false }),
    stderr: { isTerminal: false, columns: undefined, write: async (text) => void (stderr += text) },
  });
  t.is(await run(['append', 'new', '--file', '-', ...HERE], context), 2);
  t.regex(stderr, /^error: A file cannot be read or written: EISDIR.*\nhint: Check the path/m);
});

test('in a terminal an error and its hint are wrapped between words, and nothing of them is lost', async (t) => {
  const argv = ['events', anId().hex, ...HERE];
  const piped = await runCli(argv);
  for (const terminal of [30, 40, 80]) {
    const { code, stderr } = await runCli(argv, { terminal });
    t.is(code, 3);
    const lines = stderr.trimEnd().split('\n');
    t.true(lines.length > 2 && lines.every((line) => line.length <= terminal), stderr);
    t.is(stderr.replace(/\s+/g, ''), piped.stderr.replace(/\s+/g, ''));
  }
});

test('a migration lock that somebody else holds exits 5', async (t) => {
  const schema = aSchemaName();
  const transaction = await database.knex.transaction();
  try {
    // As far as another runner is concerned, this is one that is in the middle of its work.
    await transaction.raw(`CREATE SCHEMA "${schema}"`);
    const { code, stdout, stderr } = await runCli([
      'migrate',
      '--url',
      database.url,
      '--schema',
      schema,
      '--lock-timeout',
      '0.1',
    ]);
    t.deepEqual([code, stdout], [5, '']);
    t.regex(stderr, /^error: Another migration.*within 0\.1 s\.\nhint: .*--lock-timeout/);
  } finally {
    await transaction.rollback();
  }
});

test('errors are JSON in whatever way -o json was written', async (t) => {
  for (const flags of [
    ['-o', 'json'],
    ['-ojson'],
    ['--output', 'json'],
    ['--output=json'],
    ['-o', 'ndjson'],
    ['-qo', 'json'],
    ['-vojson'],
  ])
    for (const argv of [
      [...flags, 'events', 'x'],
      ['events', ...flags, 'x'],
      ['events', 'x', ...flags],
      ['evnts', ...flags],
    ]) {
      const result = await runCli(argv);
      t.is(result.code, 2);
      t.is(onlyErrorOf(t.log, result).error['code'], 'MAESTRO_USAGE', argv.join(' '));
    }
});

test('text that only looks like -o json does not make errors JSON', async (t) => {
  for (const argv of [
    ['append', 'new', '--type', 'a', '--body', 'x -o json'],
    ['-o', 'json', 'events', 'x', '-o', 'table'],
  ]) {
    const { code, stderr } = await runCli(argv);
    t.is(code, 2);
    t.regex(stderr, /^error: /, argv.join(' '));
  }
});

test('an error that nobody foresaw exits 70 and asks for a report', async (t) => {
  let stderr = '';
  const context = aContext({
    workingDirectory: folder,
    stdout: { isTerminal: false, columns: undefined, write: () => Promise.reject(new TypeError('out of order')) },
    stderr: {
      isTerminal: false,
      columns: undefined,
      write: async (text: string) => {
        stderr += text;
      },
    },
  });
  t.is(await run(['id', 'new'], context), 70);
  t.regex(stderr, /^error: This is a defect in Maestro: out of order\nhint: Please report it/);
});

test('an outcome that is not known exits 6 and names what to check', (t) => {
  const event = { aggregateId: anId().hex, sequence: 1, timestamp: anId().toString(), type: 'a' };
  const error = new OutcomeUnknownError([event], new Error('gone'));
  t.is(exitCodeFor(error), 6);
  t.true(error.hint?.includes(event.timestamp));
});

test('an error of an application has a code of its own, and exits 70', (t) => {
  class NoSeatError extends MaestroError {
    readonly code = 'THEATRE_NO_SEAT';
  }
  t.is(exitCodeFor(new NoSeatError('All seats are taken.')), 70);
});

const SECRET = 'hunter2';
const anyId = anId().hex;
const LEAKS = passwordCases(SECRET, database.url);

for (const [index, argv] of LEAKS.entries()) {
  const shown = argv
    .join(' ')
    .replace(/[0-9a-f]{32}/, '<id>')
    .replaceAll(database.url, '…')
    .replaceAll(SECRET, '<password>');
  test(`the password appears nowhere: ${index + 1}. ${shown}`, async (t) => {
    for (const flags of [[], ['-v'], ['-v', '-o', 'json']]) {
      const { code, stdout, stderr } = await runCli([...argv, ...flags], { cwd: folder });
      t.true(code === 2 || code === 4, `exit ${code}`);
      t.not(stderr, '');
      t.false((stdout + stderr).includes(SECRET), stdout + stderr);
    }
  });
}

test('the password of the environment and of a configuration file appears nowhere', async (t) => {
  const url = `postgres://u:${SECRET}@127.0.0.1:1/d`;
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ connection: url }));
  for (const [argv, env] of [
    [['events', anyId, '-v'], { MAESTRO_DATABASE_URL: url }],
    [['events', anyId, '-v'], { DATABASE_URL: `${url}?nothing=1` }],
    [['events', anyId, '-v', '--config', 'other.json'], {}],
  ] as const) {
    const { code, stdout, stderr } = await runCli(argv, { cwd: folder, env });
    t.true(code === 2 || code === 4, `exit ${code}`);
    t.false((stdout + stderr).includes(SECRET), stderr);
  }
});

test('what is not to write touches no folder', async (t) => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const [argv, code] of [
    [['events', anyId], 2],
    [['replay', anyId], 2],
    [['snapshot', 'get', anyId], 2],
    [['snapshot', 'put', anyId, '--sequence', '1', '--body', '{}'], 2],
    [['append', anyId, '--type', 'a', '--body', '{}'], 2],
    [['append', 'new', '--type', 'a', '--body', '{}'], 2],
    [['append', 'new', '--type', 'a', '--body', '{'], 2],
    [['append', 'new'], 2],
    [['aggregates'], 2],
    [['search'], 2],
    [['event', anyId], 2],
    [['tail'], 2],
    [['tail', '-f'], 2],
    [['stats'], 2],
    [['verify'], 2],
    [['diff', anyId, '1', '2'], 2],
    [['bisect', anyId, '--where', '$.a'], 2],
    [['snapshot', 'verify', '--all', '--fix'], 2],
    [['check', '--write-baseline', 'baseline.ndjson'], 2],
    [['export', '--file', 'log.ndjson'], 2],
    [['import', '--file', 'log.ndjson'], 2],
    [['erase', anyId, '--reason', 'asked', '--execute'], 2],
    [['completion', 'bash'], 0],
    [['migrate', 'status'], 0],
    [['migrate', 'status', '--exit-code'], 1],
    [['migrate', 'sql'], 0],
    [['migrate', 'rollback'], 2],
    [['migrate', '--partitions', '0'], 2],
    [['migrate', '--schema', 'not a name'], 2],
    [['migrate', '--url', ''], 2],
    [['migrate', 'everything'], 2],
    [['id', 'new'], 0],
    [[], 2],
    [['--help'], 0],
  ] as const) {
    t.is((await runCli(argv, { cwd: empty })).code, code, argv.join(' '));
    t.deepEqual(readdirSync(empty), [], argv.join(' '));
  }
});

/** The one JSON object that stderr is. */
function onlyErrorOf(log: (text: string) => void, { stderr }: CliResult): { error: Record<string, unknown> } {
  const lines = stderr.split('\n');
  if (lines.length !== 2 || lines[1] !== '') log(stderr);
  return JSON.parse(stderr) as { error: Record<string, unknown> };
}
