import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useSchemas, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { rememberCommands, rememberedIds } from '../../support/data/remembered-commands.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const database = layouts.plain;
const { aSchema } = useSchemas(test);
const REASON = ['--reason', 'GDPR request 4711'];
const BACKUPS = /^note: the erased data is still in backups, exports, the write-ahead log, replicas/;

function maestro(argv: readonly string[], options: CliOptions = {}, { url, schema } = database): Promise<CliResult> {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema }, ...options });
}

function erase(id: Timestamp, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return maestro(['erase', id.hex, ...argv], options);
}

async function aStoredHistory(store: PostgresStore = database.store()): Promise<Timestamp> {
  const id = anId();
  const owner = { name: 'Ada', email: 'ada@example.org' };
  await store.commitEvents([
    anEvent(id, { sequence: 1, type: 'opened', body: { owner, amount: 1 } }),
    anEvent(id, { sequence: 2, type: 'deposited', body: { amount: 2 } }),
    anEvent(id, { sequence: 3, type: 'renamed', body: { owner } }),
  ]);
  await store.commitSnapshot({ aggregateId: id, sequence: 2, body: { owner } });
  return id;
}

for (const [layout, place] of Object.entries(layouts))
  test(`a plan changes nothing, --execute erases, and then there is no such aggregate: ${layout}`, async (t) => {
    const id = await aStoredHistory(place.store());
    const run = (...argv: string[]) => maestro(argv, {}, place);
    const before = await run('export', id.hex);

    const plan = await run('erase', id.hex, ...REASON);
    t.deepEqual(plan, {
      code: 0,
      stdout:
        `aggregate          ${id.hex}\nreason             GDPR request 4711\nlast sequence      3\n` +
        'events to erase    3\nsnapshot to erase  of sequence 2\n',
      stderr: 'note: nothing was changed; to execute this plan, add --expect 3 --execute\n',
    });
    t.deepEqual(await run('export', id.hex), before);

    const done = await run('erase', id.hex, ...REASON, '--expect', '3', '--execute');
    t.is(done.code, 0);
    t.regex(
      done.stdout,
      /\nevents erased +3\nsnapshot erased +of sequence 2\nleft of it +no event, no snapshot, no command id\n$/,
    );
    t.regex(done.stderr, BACKUPS);
    for (const argv of [['events'], ['replay'], ['snapshot', 'get'], ['export'], ['erase', ...REASON]])
      t.is((await run(...argv, id.hex)).code, 3, argv.join(' '));
    t.is((await run('erase', id.hex, ...REASON, '--execute')).code, 3);
  });

test('the report is one JSON document, with the reason', async (t) => {
  const id = await aStoredHistory();
  const facts = {
    aggregateId: id.hex,
    reason: 'because "so"',
    what: 'events',
    events: 3,
    sequence: 3,
    missing: 0,
    snapshot: 2,
    commands: 0,
    paths: [],
    projections: [],
  };
  for (const format of ['json', 'ndjson']) {
    const { stdout } = await erase(id, ['--reason', 'because "so"', '-o', format]);
    t.is(stdout.split('\n').length, 2);
    const { at, ...rest } = JSON.parse(stdout) as { at: string };
    t.deepEqual(rest as unknown, { ...facts, executed: false });
    t.is(new Date(at).toISOString(), at);
  }
  const { stdout } = await erase(id, ['--reason', 'because "so"', '--execute', '-o', 'json']);
  t.like(JSON.parse(stdout), { ...facts, executed: true, left: { events: 0, snapshots: 0, commands: 0 } });
});

test('the command ids of an aggregate are in the plan, and go with it; also when nothing else is left of it', async (t) => {
  const id = await aStoredHistory();
  await rememberCommands(database, id, [
    { commandId: 'a', days: 0 },
    { commandId: 'b', days: 0 },
  ]);
  t.regex((await erase(id, [])).stdout, /\nsnapshot to erase +of sequence 2\ncommand ids to erase +2\n$/);
  t.notRegex((await erase(id, ['--paths', '/amount'])).stdout, /command ids/);
  t.regex((await erase(id, [...REASON, '--execute'])).stdout, /\ncommand ids erased +2\n/);
  t.deepEqual(await rememberedIds(database, id), []);
  await rememberCommands(database, id, [{ commandId: 'written back', days: 0 }]);
  t.like(JSON.parse((await erase(id, [...REASON, '--execute', '-o', 'json'])).stdout), { events: 0, commands: 1 });
  t.is((await erase(id, [])).code, 3);
});

test('a log without the table of command ids is erased from as before', async (t) => {
  const schema = aSchema();
  await migrate(database.knex, { schema });
  await database.knex.raw('DROP TABLE ??.maestro_commands', [schema]);
  const id = await aStoredHistory(new PostgresStore(database.knex, { schema }));
  const place = { ...database, schema };
  t.like(await maestro(['erase', id.hex], {}, place), { code: 0 });
  t.like(await maestro(['erase', id.hex, ...REASON, '--execute'], {}, place), { code: 0 });
  t.like(await maestro(['events', id.hex], {}, place), { code: 3 });
});

test('-q prints the id alone', async (t) => {
  const id = await aStoredHistory();
  t.deepEqual(await erase(id, [...REASON, '-q']), { code: 0, stdout: `${id.hex}\n`, stderr: '' });
  t.deepEqual(await erase(id, [...REASON, '-q', '--execute']), { code: 0, stdout: `${id.hex}\n`, stderr: '' });
});

test('--paths erases these from the bodies and leaves the events, but no snapshot', async (t) => {
  const id = await aStoredHistory();
  const paths = ['--paths', '/owner/email', '/amount'];
  const plan = await erase(id, [...paths, ...REASON]);
  t.is(plan.code, 0);
  t.true(
    plan.stdout.endsWith(
      'events with paths to erase  3\npath to erase               /owner/email (in 2 events)\n' +
        'path to erase               /amount (in 2 events)\nsnapshot to erase           of sequence 2\n',
    ),
    plan.stdout,
  );
  const { stdout } = await erase(id, [...paths, ...REASON, '--expect', '3', '--execute', '-o', 'json']);
  t.like(JSON.parse(stdout), {
    executed: true,
    what: 'paths',
    events: 3,
    snapshot: 2,
    paths: [
      { path: '/owner/email', events: 2 },
      { path: '/amount', events: 2 },
    ],
  });
  t.deepEqual(
    (await database.store().getEvents(id, 1)).map(({ type, body }) => ({ type, body })),
    [
      { type: 'opened', body: { owner: { name: 'Ada' } } },
      { type: 'deposited', body: {} },
      { type: 'renamed', body: { owner: { name: 'Ada' } } },
    ],
  );
  t.is((await maestro(['snapshot', 'get', id.hex])).code, 3);
});

test('a path that no event has is told, also beside one that is there, and nothing is changed', async (t) => {
  const id = await aStoredHistory();
  const before = await maestro(['export', id.hex]);
  for (const paths of [['/owner/mail'], ['/amount', '/owner/mail'], ['/amount/0']]) {
    const { code, stdout, stderr } = await erase(id, ['--paths', ...paths, ...REASON, '--execute']);
    t.deepEqual([code, stdout], [3, '']);
    t.true(stderr.startsWith(`error: No event of ${id.hex} has a value at ${paths.at(-1)}.\nhint: Nothing`), stderr);
  }
  t.deepEqual(await maestro(['export', id.hex]), before);
});

test('a plan needs no reason, and tells what is missing', async (t) => {
  const id = await aStoredHistory();
  const { code, stdout, stderr } = await erase(id, []);
  t.is(code, 0, stderr);
  t.regex(stdout, new RegExp(`^aggregate +${id.hex}\nlast sequence +3\n`));
  t.is(stderr, 'note: nothing was changed; to execute this plan, add --reason "…" --expect 3 --execute\n');
  t.like(JSON.parse((await erase(id, ['-o', 'json'])).stdout), { executed: false, reason: null });
});

test('a reason must be given to erase, and what is wrong is refused before anything happens', async (t) => {
  const id = await aStoredHistory();
  for (const [argv, code, problem] of [
    [['--execute'], 2, '--execute needs a --reason.'],
    [['--reason', ' '], 2, '--reason is empty.'],
    [['--reason', '', '--execute'], 2, '--reason is empty.'],
    [['--reason', ' \t', '--execute'], 2, '--reason is empty.'],
    [[...REASON, '--paths', 'owner', '--execute'], 2, '"owner" is not a path into a body.'],
    [[...REASON, '--paths', '', '--execute'], 2, '"" is not a path into a body.'],
    [[...REASON, '--expect', '-1', '--execute'], 2, "--expect: '-1' is not a whole number from 0"],
    [[...REASON, '--read-only', '--execute'], 2, 'maestro erase writes, which --read-only forbids.'],
    [[...REASON, '--expect', '2', '--execute'], 5, `The last sequence of ${id.hex} is 3, not 2.`],
  ] as const) {
    const outcome = await erase(id, argv);
    t.deepEqual([outcome.code, outcome.stdout], [code, ''], outcome.stderr);
    t.true(outcome.stderr.startsWith(`error: ${problem}`), outcome.stderr);
  }
  t.is((await erase(id, [...REASON, '--read-only'])).code, 0, 'a plan only reads');
  const unknown = await erase(anId(), [...REASON, '--execute', '-o', 'json']);
  t.is(unknown.code, 3);
  t.like(JSON.parse(unknown.stderr), { error: { code: 'MAESTRO_NOT_FOUND' } });
  t.is((await database.store().getEvents(id, 1)).length, 3);
});

test('neither a reason nor a path acts on a terminal', async (t) => {
  const id = anId();
  await database.store().commitEvents([anEvent(id, { body: { '\u001b[2J': 1 } })]);
  const { code, stdout } = await erase(
    id,
    ['--paths', '/\u001b[2J', '--reason', '\u001b]0;title\u0007', '--color', 'never'],
    {
      terminal: 80,
    },
  );
  t.is(code, 0);
  t.false(/[\u001b\u0007]/.test(stdout), JSON.stringify(stdout));
});
