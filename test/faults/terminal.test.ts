import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { notAmong, OF_PROJECTIONS } from '../support/cli/sample-commands.js';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { aSchemaName, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { runWithKeys } from '../support/cli/run-any.js';
import { aHistory, anId } from '../support/data/factories.js';
import { figure, isFull } from '../support/figures.js';
import { rememberCommands } from '../support/data/remembered-commands.js';
import { exported } from '../support/data/transfer.js';
import { HOSTILE, RAW } from '../support/data/hostile-text.js';

const database = useTestDatabase(test);
/** The database that is imported from, and the one that is written to. */
const [other, written] = [useTestDatabase(test), useTestDatabase(test)];
const folder = useTemporaryFolder(test);

const id = anId();
const bodies = HOSTILE.map((text) => ({ text, list: [text], nested: { [text]: text } }));
const state = { ...bodies[0], texts: HOSTILE, ...Object.fromEntries(HOSTILE.map((text) => [text, text])) };

/** An application whose states are what it is told, and whose handlers repeat it when they fail. */
const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';

const Parrot = defineAggregate({
  name: 'parrot',
  initialState: (): object => ({}),
  commands: {},
  events: {
    heard: (_state, body: object) => body,
    shouted: (_state, { text }: { text: string }): object => { throw new Error(text); },
  },
  owns: { ids: () => true },
});
export default defineConfig({ aggregates: [Parrot] });
`;

/** A command that prints stored text. */
interface Printing {
  readonly argv: readonly string[];
  /** @defaultValue 0 */
  readonly exit?: number;
  /** True when stored text is printed even if only ids are asked for. */
  readonly quietText?: boolean;
}

const timestamps = HOSTILE.map(() => anId());
/** An aggregate whose one event has all of it as metadata. */
const [told, toldAt] = [anId(), anId()];
const WITH_HANDLERS = ['--config', join(folder, 'maestro.config.ts')];
const COMMANDS: Readonly<Record<string, Printing>> = {
  events: { argv: ['events', id.hex] },
  search: { argv: ['search', '--limit', '500'] },
  'events --metadata': { argv: ['events', told.hex, '--metadata'] },
  event: { argv: ['event', timestamps[4]?.hex ?? ''] },
  'event with metadata': { argv: ['event', toldAt.hex] },
  trace: { argv: ['trace', 'work\u202e'] },
  tail: { argv: ['tail', '-n', '500'] },
  aggregates: { argv: ['aggregates', '--limit', '500'] },
  'stats --by type': { argv: ['stats', '--by', 'type'], quietText: true },
  types: { argv: ['types'], quietText: true },
  replay: { argv: ['replay', id.hex] },
  'replay --steps': { argv: ['replay', id.hex, '--steps'] },
  'replay --steps with handlers that fail': {
    argv: ['replay', id.hex, '--steps', ...WITH_HANDLERS],
    exit: 1,
  },
  diff: { argv: ['diff', id.hex, '0', 'last'], exit: 1, quietText: true },
  bisect: { argv: ['bisect', id.hex, '--where', '$.text starts with "\\u001b"'] },
  'bisect with handlers that fail': {
    argv: ['bisect', id.hex, '--where', '!exists($.text)', ...WITH_HANDLERS],
  },
  verify: { argv: ['verify'], exit: 1 },
  'snapshot get': { argv: ['snapshot', 'get', id.hex] },
  'snapshot verify': { argv: ['snapshot', 'verify', '--all', ...WITH_HANDLERS], exit: 1 },
  check: { argv: ['check', ...WITH_HANDLERS], exit: 1 },
  export: { argv: ['export', id.hex, '--force', '--file', join(folder, 'log\u001b[2J\u202e.ndjson')], quietText: true },
  'import --dry-run': { argv: ['import', '--dry-run', '--file', join(folder, 'whole.ndjson')] },
  'migrate up': { argv: ['migrate', 'up'] },
  'migrate status': { argv: ['migrate', 'status'] },
  'migrate sql': { argv: ['migrate', 'sql'] },
  'commands list': { argv: ['commands', 'list', id.hex], quietText: true },
  'migrate index list': { argv: ['migrate', 'index', 'list'] },
  'projections status': { argv: ['projections', 'status'], quietText: true },
  'id show': { argv: ['id', 'show', id.hex] },
};

/** Commands that write hostile text, or print something else each time; each on an aggregate of its own. */
const WRITING: Readonly<Record<string, (aggregate: string) => readonly string[]>> = {
  append: (aggregate) => ['append', aggregate, '--type', 'heard', '--body', JSON.stringify(state)],
  'snapshot put': (aggregate) => ['snapshot', 'put', aggregate, '--sequence', '1', '--body', JSON.stringify(state)],
  'snapshot create': (aggregate) => ['snapshot', 'create', aggregate, '--aggregate', 'parrot', ...WITH_HANDLERS],
  'snapshot delete': (aggregate) => ['snapshot', 'delete', aggregate, '--execute', '--reason', HOSTILE.join('')],
  'erase, as a plan': (aggregate) => ['erase', aggregate, '--reason', HOSTILE.join('')],
  erase: (aggregate) => ['erase', aggregate, '--execute', '--reason', HOSTILE.join('')],
  import: () => ['import', '--file', join(folder, 'whole.ndjson')],
  'commands prune': () => ['commands', 'prune', '--older-than', '30d', '--execute'],
  doctor: () => ['doctor'],
  'migrate index add': () => ['migrate', 'index', 'add'],
  'migrate index drop': () => ['migrate', 'index', 'drop'],
  'migrate layout': () => ['migrate', 'layout', '--plain'],
  'id new': () => ['id', 'new'],
};
/** Commands that act on a terminal themselves, or print nothing that is stored; they have tests of their own. */
const APART = ['step', 'ui', 'migrate rollback', ...OF_PROJECTIONS, 'completion'];

/** Numbers of printed lines, and of those that had something raw in them. */
const counted = { runs: 0, lines: 0, raw: 0 };

/** Looks at what was printed, line by line, and fails for every line that would act on a terminal. */
function assertSafe(t: ExecutionContext, { stdout, stderr }: CliResult, what: string): void {
  counted.runs += 1;
  t.pass();
  for (const line of `${stdout}${stderr}`.split('\n')) {
    counted.lines += 1;
    if (!RAW.test(line)) continue;
    counted.raw += 1;
    t.fail(`${what}: ${JSON.stringify(line)}`);
  }
}

/** So many commands begin at once that a slow machine takes longer to connect than they wait otherwise, in seconds. */
const PGCONNECT_TIMEOUT = '60';

function maestro(argv: readonly string[], terminal?: number, schema = database.schema): Promise<CliResult> {
  // A dumb terminal is one to which no progress is shown.
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: schema, TERM: 'dumb', PGCONNECT_TIMEOUT };
  return runCli([...argv, '--color', 'never'], { env, ...(terminal === undefined ? {} : { terminal }) });
}

/** Stores an event past the store, which would refuse such types. */
async function store(
  aggregateId: Timestamp,
  sequence: number,
  type: string,
  body: object,
  { timestamp = anId(), schema = database.schema } = {},
) {
  const sql = `INSERT INTO "${schema}".event_log VALUES (?, ?, ?, ?, ?)`;
  await database.knex.raw(sql, [timestamp.encode(), aggregateId.encode(), sequence, type, JSON.stringify(body)]);
}

async function storeSnapshot(aggregateId: Timestamp, body: object): Promise<void> {
  const sql = `INSERT INTO "${database.schema}".snapshots VALUES (?, 1, ?)`;
  await database.knex.raw(sql, [aggregateId.encode(), JSON.stringify(body)]);
}

/** Projections, one of which has a hostile name and hostile tables, with an aggregate parked by each hostile error. */
async function parkEverything(): Promise<void> {
  const { knex, schema } = database;
  for (const name of ['watched', HOSTILE.join('')])
    await knex.raw(
      `INSERT INTO ??.maestro_projections (name, version, kind, status, tables) VALUES (?, 1, 'projection', 'live', ARRAY[?])`,
      [schema, name, HOSTILE.join('')],
    );
  for (const error of HOSTILE)
    await knex.raw(
      `INSERT INTO ??.maestro_parked (copy, aggregate_id, sequence, reason, error, attempts, first_failed_at, failed_at, next_try)
SELECT id, ?, 1, 'failed', ?, 1, now(), now(), now() FROM ??.maestro_projections`,
      [schema, anId().encode(), error, schema],
    );
}

test.before(async () => {
  writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION);
  for (const [index, type] of HOSTILE.entries()) {
    const [body = {}, unknown, failing, wrong] = [bodies[index], anId(), anId(), anId()];
    await store(id, index + 1, type, body, { timestamp: timestamps[index] ?? anId() });
    const $metadata = {
      correlationId: 'work\u202e',
      causationId: index % 2 === 0 ? type : (timestamps[index] ?? anId()).hex,
    };
    await store(unknown, 1, type, { ...body, $metadata });
    await store(failing, 1, 'shouted', body);
    await store(wrong, 1, 'heard', body);
    await storeSnapshot(wrong, { [type]: type });
  }
  await storeSnapshot(id, state);
  await store(told, 1, 'heard', { $metadata: state }, { timestamp: toldAt });
  await rememberCommands(
    database,
    id,
    HOSTILE.map((commandId) => ({ commandId, days: 1 })),
  );
  await store(anId(), 2, 'heard', {});
  await parkEverything();
  await other.store().commitEvents(aHistory(anId(), 2));
  writeFileSync(join(folder, 'whole.ndjson'), await exported(other));
});

for (const [name, { argv, exit = 0, quietText = false }] of Object.entries(COMMANDS)) {
  for (const format of ['table', 'json', 'ndjson']) {
    test(`${name} -o ${format} lets no stored text act on a terminal`, async (t) => {
      for (const columns of format !== 'table' ? [80] : isFull ? [40, 100, 100_000] : [40]) {
        const { code, stdout, stderr } = await maestro([...argv, '-o', format], columns);
        t.is(code, exit, stderr);
        assertSafe(t, { code, stdout, stderr }, `${name} -o ${format}, ${columns} columns`);
      }
    });
  }

  test(`${name} as json means the same in a terminal and piped`, async (t) => {
    const shown = await maestro([...argv, '-o', 'json'], 80);
    const piped = await maestro([...argv, '-o', 'json']);
    t.deepEqual(JSON.parse(shown.stdout), JSON.parse(piped.stdout));
  });

  test(`${name} as a table is as safe piped as in a terminal`, async (t) => {
    assertSafe(t, await maestro(argv), `${name}, piped`);
  });

  test(`${name} -q prints ${quietText ? 'stored text escaped' : 'nothing but ids'}`, async (t) => {
    const { stdout } = await maestro([...argv, '-q'], 80);
    if (quietText) t.notRegex(stdout.replaceAll('\n', ''), RAW);
    else t.regex(stdout, /^[0-9A-Za-z:._\- \n]*$/);
  });
}

for (const [name, argvFor] of Object.entries(WRITING))
  test(`${name} lets nothing of what it writes act on a terminal`, async (t) => {
    for (const format of ['table', 'json', 'ndjson']) {
      const aggregate = anId();
      await store(aggregate, 1, 'heard', state, { schema: written.schema });
      if (name === 'snapshot delete')
        await written
          .store()
          .commitSnapshot({ aggregateId: aggregate, sequence: 1, body: { $maestro: { version: state } } });
      const result = await maestro([...argvFor(aggregate.hex), '-o', format], 100, written.schema);
      // What doctor finds is not the matter here.
      if (name !== 'doctor') t.is(result.code, 0, result.stderr);
      assertSafe(t, result, `${name} -o ${format}`);
    }
  });

test('step draws stored text without what would act on the terminal', async (t) => {
  const key = (name: string) => ({ name, text: undefined, ctrl: false });
  const keys = [...HOSTILE.flatMap(() => [key('right'), key('down')]), { name: 'q', text: 'q', ctrl: false }];
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema, PGCONNECT_TIMEOUT };
  const { code, stdout } = await runWithKeys(['step', id.hex], keys, { env });
  t.is(code, 0);
  t.true(stdout.includes(id.hex));
  // What it draws with are sequences of ESC and [, with digits.
  const text = stdout.replaceAll(/\u001b\[[?]?[0-9;]*[A-Za-z]/g, '').replaceAll(/[\r\n]/g, '');
  t.notRegex(text, RAW);
});

test('every command is looked at', (t) => {
  const lines = [...Object.values(COMMANDS).map(({ argv }) => argv), ...Object.values(WRITING).map((argv) => argv(''))];
  t.deepEqual(notAmong(lines), APART);
});

test.after('figure', () => {
  const commands = Object.keys(COMMANDS).length + Object.keys(WRITING).length;
  figure(
    'terminal',
    `${HOSTILE.length} hostile strings × ${commands} command lines × table, json, ndjson: ` +
      `${counted.runs} runs, ${counted.lines} lines, ${counted.raw} with a raw control or bidi character`,
  );
});

test('a table has one line per event, or begins one for each in a narrow terminal, whatever is stored', async (t) => {
  for (const columns of [40, 100, undefined]) {
    const { stdout } = await maestro(['events', id.hex], columns);
    t.is(stdout.match(/^ {4,}\d+ /gm)?.length, HOSTILE.length);
    if (columns !== 40) t.is(stdout.split('\n').length, 1 + HOSTILE.length + 1);
  }
});

test('piped json passes every text through as it is stored', async (t) => {
  const events = (await maestro(['events', id.hex, '-o', 'ndjson'])).stdout.trimEnd().split('\n');
  t.deepEqual(
    events.map((line) => JSON.parse(line)).map(({ type, body }) => ({ type, body })),
    HOSTILE.map((type, index) => ({ type, body: bodies[index] })),
  );
  const expected = await database.knex.raw<{ rows: { body: string }[] }>(
    `SELECT body::text FROM "${database.schema}".event_log WHERE aggregate_id = ? ORDER BY sequence`,
    [id.encode()],
  );
  t.deepEqual(
    events.map((line) => line.slice(line.indexOf('"body":') + 7, -1)).slice(0, 5),
    expected.rows.map(({ body }) => body).slice(0, 5),
  );
  const snapshot = JSON.parse((await maestro(['snapshot', 'get', id.hex, '-o', 'json'])).stdout);
  t.deepEqual(snapshot.body, JSON.parse(JSON.stringify(state)));
});

test('names in the catalog and steps in the bookkeeping are stored text too', async (t) => {
  const schema = aSchemaName();
  await maestro(['migrate'], undefined, schema);
  await database.knex.raw(`ALTER TABLE "${schema}".snapshots ADD COLUMN "\u001b[2J\u202e" integer`);
  await database.knex.raw(`INSERT INTO "${schema}".maestro_migrations (name, batch) VALUES (?, 7)`, [
    '\u009b2J\u202e\u001b]52;c;x\u0007',
  ]);
  try {
    for (const argv of [['migrate', 'status'], ['migrate'], ['migrate', 'sql'], ['migrate', 'status', '-q']])
      for (const format of ['table', 'json']) {
        const { stdout, stderr } = await maestro([...argv, '-o', format], 80, schema);
        t.notRegex(stdout.replaceAll('\n', ''), RAW, `${argv.join(' ')} -o ${format}`);
        t.notRegex(stderr.replaceAll('\n', ''), RAW, `${argv.join(' ')} -o ${format}`);
      }
  } finally {
    await database.knex.raw(`DROP SCHEMA "${schema}" CASCADE`);
  }
});

test('what was typed comes back escaped in the error about it', async (t) => {
  for (const text of HOSTILE.filter((candidate) => RAW.test(candidate)))
    for (const format of ['table', 'json'])
      for (const argv of [[text], ['events', text], ['append', 'new', '--type', 'a', '--body', text]]) {
        const { code, stderr } = await maestro([...argv, '-o', format], 80);
        t.is(code, 2);
        t.notRegex(stderr.replaceAll('\n', ''), RAW, JSON.stringify(stderr));
      }
});
