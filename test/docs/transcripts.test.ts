import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { migrate, PostgresStore, Timestamp } from 'maestro-store';
import { loadWebhooks } from '../../examples/webhooks/webhooks.js';
import { usePseudoTerminals } from '../support/cli/pseudo-terminal.js';
import { chessGame } from '../support/data/histories.js';
import { rememberCommands } from '../support/data/remembered-commands.js';
import { aSchemaName, testKnex, testUrl } from '../support/database.js';
import { type Block, blocksOf, isInRepository, PAGES, readPage, ROOT, withBlocks } from '../support/pages/pages.js';
import { PageShell } from '../support/pages/shell.js';
import { Names, replayTranscript } from '../support/pages/transcript.js';

/**
 * Types what the pages show as typed, and compares what is printed with what they say. `UPDATE_PAGES=1 npm test --
 * test/docs/transcripts.test.ts` writes into the pages what is printed now.
 */
const update = process.env['UPDATE_PAGES'] === '1';

/** The database and files that a page finds when its first line is typed. */
interface Scene {
  /** The example whose configuration is in the folder. */
  readonly config?: 'bank' | 'chess';
  /** The database: one with the six games, which nobody changes; a new one, migrated or not; or the embedded one. */
  readonly database: 'games' | 'new' | 'empty' | 'embedded';
  /** Histories and files that are there. */
  readonly prepare?: (world: World) => Promise<unknown>;
}

interface World {
  readonly folder: string;
  readonly store: PostgresStore;
  readonly schema: string;
  /** Types lines that are not on the page. */
  readonly type: (...lines: readonly string[]) => Promise<void>;
}

const scenes: string[] = [];
test.after.always(() => {
  for (const scene of scenes) rmSync(scene, { recursive: true, force: true });
});
const knex = testKnex();
const terminals = usePseudoTerminals(test);
/** With patience for a machine that is busy. */
const databaseUrl = `${testUrl()}?connect_timeout=60`;
const games = aSchemaName();
const schemas = [games];
/** Tables of read models. */
const projected: string[] = [];

const ADA = Timestamp.parse('01a2076d43e00000f3d2116e5c2b276d');
/** The six games, each with its id and the time at which it was recorded. */
const GAMES = [
  ['immortal-game', '01a20f4add4a00007ca30c1051127df6', '2026-11-24T20:41:34.821Z'],
  ['evergreen-game', '01a20f4ae12c0000c76005c4d33e8ddf', '2026-11-24T20:41:35.842Z'],
  ['opera-game', '01a20f4ae5210000a9e03f1c6d52b874', '2026-11-24T20:41:36.853Z'],
  ['game-of-the-century', '01a20f4ae916000054a5efee562bf44f', '2026-11-24T20:41:37.866Z'],
  ['deep-blue-game-6', '01a20f4aee910000bcc07aa814604ad4', '2026-11-24T20:41:39.269Z'],
  ['kasparov-immortal', '01a20f4af4c2000026e0658ea090c555', '2026-11-24T20:41:41.718Z'],
] as const;

/** Records a game, all of it in one millisecond. */
async function recordGame(store: PostgresStore, [name, id, time]: (typeof GAMES)[number]): Promise<void> {
  const place = { time: Date.parse(time), nodeId: BigInt(`0x${id.slice(16)}`) };
  const events = chessGame(name).map((event, counter) => ({
    ...{ ...event, aggregateId: Timestamp.parse(id), sequence: counter + 1 },
    timestamp: Timestamp.of({ ...place, counter }),
  }));
  await store.commitEvents(events);
}

/** A local time of yesterday, as a timestamp. */
function yesterday(time: string, counter = 0): Timestamp {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  const date = new Date();
  date.setDate(date.getDate() - 1);
  date.setHours(hours, minutes, seconds, 870);
  return Timestamp.of({ time: date.getTime(), counter, nodeId: 0xf3d2116e5c2b276dn });
}

/** The account of Ada, which was overdrawn for half an hour yesterday. */
async function openAccount({ store }: World): Promise<void> {
  const events = [
    [yesterday('9:12:20'), 'account_opened', { name: 'Ada' }],
    [yesterday('9:12:20', 1), 'money_deposited', { amount: 10000 }],
    [yesterday('10:30:02'), 'money_withdrawn', { amount: 3000 }],
    [yesterday('11:48:07'), 'money_deposited', { amount: 500 }],
    [yesterday('14:31:52', 2), 'money_withdrawn', { amount: 9000 }],
    [yesterday('15:10:25'), 'money_deposited', { amount: 4000 }],
  ] as const;
  await store.commitEvents(
    events.map(([timestamp, type, body], index) => ({ aggregateId: ADA, timestamp, sequence: index + 1, type, body })),
  );
}

/** A small account that a page exports, imports or erases from. */
async function openLimited({ type }: World): Promise<void> {
  const id = '01a20f4f76a7000045754e48aeab6cff';
  const opened = '{"limit": 100.00, "owner": {"name": "Ada", "email": "ada@example.org"}}';
  await type(
    `maestro append ${id} --type opened --body '${opened}'`,
    `maestro append ${id} --type deposited --body '{"amount": 25.50}'`,
  );
}

/** The same with a snapshot. */
async function openWithSnapshot(world: World): Promise<void> {
  await openLimited(world);
  await world.type(`maestro snapshot put 01a20f4f76a7000045754e48aeab6cff --sequence 2 --body '{"balance": 25.50}'`);
}

/** Her account, with commands that a server has carried out under the keys of requests, the first of them long ago. */
async function sendCommands(world: World): Promise<void> {
  await openAccount(world);
  await rememberCommands({ knex, schema: world.schema }, ADA, [
    { commandId: 'ada 7b1e-deposit', days: 40, sequence: 2 },
    { commandId: 'ada 90c4-salary', days: 1, sequence: 4 },
    { commandId: 'ada 90c5-correction', days: 0.5, sequence: 6 },
  ]);
}

/** A read model of owners in a schema of its own, on whose handler one account fails. */
async function projectOwners({ folder, store, schema, type }: World): Promise<void> {
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate, defineProjection } from 'maestro-store';
const Account = defineAggregate({ name: 'account', initialState: () => null, commands: {},
  events: { opened: (state, body: { owner: string }) => state } });
const owners = defineProjection({ name: 'owners', from: [Account],
  setUp: async (trx) => {
    await trx.raw('CREATE TABLE "${schema}_owners" (id bytea PRIMARY KEY, owner text NOT NULL)');
  },
  project: {
    opened: async ({ aggregateId, body }, trx) => {
      if (body.owner === undefined) throw new Error('the event names no owner');
      await trx('${schema}_owners').insert({ id: aggregateId.encode(), owner: body.owner });
    },
  },
});
export default { aggregates: [Account], projections: [owners] };
`,
  );
  projected.push(`${schema}_owners`);
  const opened = (aggregateId: Timestamp, counter: number, body: object) =>
    store.commitEvents([
      { aggregateId, timestamp: yesterday('9:12:20', counter), sequence: 1, type: 'opened', body: { ...body } },
    ]);
  for (const [index, owner] of ['Ada', 'Grace', 'Hedy'].entries())
    await opened(Timestamp.of({ time: Date.parse('2026-11-24T20:46:40Z'), nodeId: BigInt(index) }), index, { owner });
  await opened(Timestamp.parse('01a20f4f76a7000045754e48aeab6cff'), 9, {});
  await type('maestro projections run --once || true');
}

const SCENES: Readonly<Record<string, Scene>> = {
  'README.md': { database: 'embedded', prepare: ({ type }) => type('maestro migrate') },
  'docs/when-something-is-wrong.md': { database: 'new', config: 'bank', prepare: openAccount },
  'docs/cli/aggregates.md': { database: 'games' },
  'docs/cli/bisect.md': { database: 'games', config: 'chess' },
  'docs/cli/diff.md': { database: 'games', config: 'chess' },
  'docs/cli/event.md': { database: 'games' },
  'docs/cli/events.md': { database: 'games' },
  'docs/cli/id.md': { database: 'games' },
  'docs/cli/replay.md': { database: 'games', config: 'chess' },
  'docs/cli/search.md': { database: 'games' },
  'docs/cli/stats.md': { database: 'games' },
  'docs/cli/commands.md': { database: 'new', prepare: sendCommands },
  'docs/cli/projections.md': { database: 'new', prepare: projectOwners },
  'docs/cli/append.md': { database: 'new', config: 'bank', prepare: openAccount },
  'docs/cli/check.md': {
    database: 'new',
    config: 'bank',
    prepare: async (world) => {
      await openAccount(world);
      await world.type(`maestro append new --type account_opened --body '{"name": "Grace"}'`);
      mkdirSync(join(world.folder, 'next'));
      writeFileSync(
        join(world.folder, 'next/maestro.config.ts'),
        `import bank from '../maestro.config.js';
const [BankAccount] = bank.aggregates;
const money_withdrawn = (state: { balance: number }, { amount }: { amount: number }) => {
  if (amount > state.balance) throw new Error('not enough money');
  return { ...state, balance: state.balance - amount };
};
export default { aggregates: [{ ...BankAccount, events: { ...BankAccount.events, money_withdrawn } }] };
`,
      );
    },
  },
  'docs/cli/doctor.md': { database: 'embedded', prepare: ({ type }) => type('maestro migrate') },
  'docs/cli/erase.md': { database: 'new', prepare: openWithSnapshot },
  'docs/cli/export.md': { database: 'new', prepare: openWithSnapshot },
  'docs/cli/import.md': {
    database: 'new',
    prepare: async (world) => {
      await openWithSnapshot(world);
      await world.type(
        'maestro export --file log.ndjson',
        'maestro erase 01a20f4f76a7000045754e48aeab6cff --reason test --execute',
      );
    },
  },
  'docs/cli/migrate.md': { database: 'empty' },
  'docs/cli/snapshot.md': {
    database: 'new',
    config: 'bank',
    prepare: async (world) => {
      await openAccount(world);
      await openLimited(world);
      await world.store.commitSnapshot({
        aggregateId: ADA,
        sequence: 4,
        body: { $maestro: { version: 1 }, state: { name: 'Ada', isOpen: true, balance: 7000, underWay: [], seen: [] } },
      });
    },
  },
  'docs/cli/tail.md': {
    database: 'new',
    prepare: ({ type }) =>
      type(
        `maestro append 01a20f52e0b80000ce2686a1f1b52c7a --type opened --body '{"owner": "Bob"}'`,
        `maestro append 01a20f52e0b80000ce2686a1f1b52c7a --type deposited --body '{"amount": 12.50}'`,
      ),
  },
  'examples/chess/README.md': { database: 'new' },
  'examples/webhooks/README.md': { database: 'new', prepare: ({ store }) => loadWebhooks(store, 1) },
  'docs/cli/types.md': {
    database: 'new',
    config: 'bank',
    prepare: async (world) => {
      await openAccount(world);
      await world.store.commitEvents([
        { aggregateId: ADA, timestamp: yesterday('16:00:00'), sequence: 7, type: 'withdrawn', body: { amount: 1 } },
      ]);
      mkdirSync(join(world.folder, 'next'));
      writeFileSync(
        join(world.folder, 'next/maestro.config.ts'),
        `import bank from '../maestro.config.js';
const [BankAccount] = bank.aggregates;
export default { aggregates: [{ ...BankAccount, aliases: { money_withdrawn: ['withdrawn'] } }] };
`,
      );
    },
  },
  'docs/cli/verify.md': {
    database: 'new',
    prepare: async (world) => {
      const aggregateId = Timestamp.parse('01a20f52e0b80000ce2686a1f1b52c7a');
      for (const sequence of [1, 4, 5])
        await world.store.commitEvents([
          { aggregateId, timestamp: yesterday(`9:12:0${sequence}`), sequence, type: 'deposited', body: { amount: 1 } },
        ]);
    },
  },
};

/** Transcripts that are neither typed here nor run by the test that their mark names. */
const NOT_RUN = [
  'docs/citus.md: not run: it needs a cluster',
  'docs/citus.md: not run: it needs a cluster',
  'docs/cli/completion.md: not run: it is typed key by key',
  'docs/cli/doctor.md: not run: what it finds depends on the server',
  'docs/cli/migrate.md: not run: it shows a log that is large enough for it',
  'docs/cli/ui.md: not run: each start has another token',
  'docs/coming-from-elixir.md: not run: it needs such a server',
  'docs/performance.md: not run: it takes a quarter of an hour',
  'docs/recipes/http.md: not run: it ends only when it is stopped',
  'docs/ui.md: not run: it ends only when it is stopped',
];

test.before(async () => {
  await migrate(knex, { schema: games });
  const store = new PostgresStore(knex, { schema: games });
  for (const game of GAMES) await recordGame(store, game);
});
test.after.always(async () => {
  for (const schema of schemas) await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  for (const table of projected) await knex.raw(`DROP TABLE IF EXISTS ??`, [table]);
  await knex.destroy();
});

function shellFor(cwd: string, schema: string): PageShell {
  return new PageShell(cwd, { MAESTRO_DATABASE_URL: databaseUrl, MAESTRO_SCHEMA: schema });
}

/** Sets the scene of a page. */
async function worldOf({
  config,
  database,
  prepare,
}: Scene): Promise<{ shell: PageShell; cwd: string; schema: string }> {
  // As long as /home/ada/shop, which the pages name, so that lines break at the same words, wherever the project is.
  const cwd = mkdtempSync('/tmp/ma-');
  scenes.push(cwd);
  copyExamples(cwd);
  if (config !== undefined)
    writeFileSync(
      join(cwd, 'maestro.config.ts'),
      `export { default } from './examples/${config}/maestro.config.js';\n`,
    );
  const schema = database === 'games' ? games : aSchemaName();
  schemas.push(schema);
  if (database === 'new') await migrate(knex, { schema });
  const shell = database === 'embedded' ? new PageShell(cwd, {}) : shellFor(cwd, schema);
  const type = async (...lines: readonly string[]) => {
    for (const line of lines) {
      const { code, output } = await shell.type(line);
      if (code !== 0) throw new Error(`${line}: ${output}`);
    }
  };
  await prepare?.({ folder: cwd, store: new PostgresStore(knex, { schema }), schema, type });
  return { shell, cwd, schema };
}

/** Copies the examples, since a file is named by where it really is, and links the packages that they import. */
function copyExamples(cwd: string): void {
  cpSync(join(ROOT, 'examples'), join(cwd, 'examples'), { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }\n');
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(ROOT, join(cwd, 'node_modules/maestro-store'));
  for (const name of ['knex', 'zod']) symlinkSync(join(ROOT, 'node_modules', name), join(cwd, 'node_modules', name));
}

/** Output of a run, with the folder and the database that the pages name. */
function asOnPage(output: string, { cwd, schema }: { cwd: string; schema: string }): string {
  const { username, hostname, port, pathname } = new URL(testUrl());
  return output
    .replaceAll(cwd, '/home/ada/shop')
    .replaceAll(`${username}@${hostname}:${port}${pathname}`, 'ada@db.example.com:5432/shop')
    .replaceAll(schema, 'public');
}

/** The blocks of a page that are typed: `console` with what is printed, `sh` without. Those of the README are one line each. */
function typedOf(page: string): Block[] {
  const languages = page === 'README.md' ? ['console'] : ['console', 'sh'];
  return blocksOf(page).filter(({ language, mark }) => languages.includes(language) && mark === undefined);
}

for (const [page, scene] of Object.entries(SCENES))
  test.serial(`${page} says what is printed`, async (t) => {
    const { shell, cwd, schema } = await worldOf(scene);
    const names = new Names();
    const changes = new Map<Block, readonly string[]>();
    t.true(typedOf(page).length > 0);
    for (const block of typedOf(page)) {
      if (block.language === 'sh') {
        for (const line of block.lines) t.is((await shell.type(line)).code, 0, line);
        continue;
      }
      const proper = await replayTranscript(block, shell, {
        names,
        asOnPage: (output) => asOnPage(output, { cwd, schema }),
      });
      if (update) changes.set(block, proper);
      else t.deepEqual(block.lines, proper, `${page}:${block.line}`);
    }
    if (update) writeFileSync(join(ROOT, page), withBlocks(readPage(page), changes));
    t.deepEqual(names.misdated(), []);
  });

test.serial('docs/cli/step.md shows the screens as they are', async (t) => {
  const { cwd, schema } = await worldOf({ database: 'games', config: 'chess' });
  const [[, id]] = GAMES;
  const blocks = blocksOf('docs/cli/step.md').filter(({ language }) => language === 'text');
  const screens = [
    { from: 24, columns: 80, keys: '' },
    { from: 20, columns: 120, keys: 'r' },
  ];
  const changes = new Map<Block, readonly string[]>();
  for (const [index, block] of blocks.entries()) {
    const { from = 0, columns = 0, keys = '' } = screens[index] ?? {};
    const env = { MAESTRO_DATABASE_URL: databaseUrl, MAESTRO_SCHEMA: schema };
    const argv = ['step', id, '--from', String(from)];
    const terminal = terminals.maestro(argv, { cwd, env, columns, rows: 24 });
    await terminal.shows(`event ${from} of 47`, /q quit$/);
    terminal.press(keys);
    const screen = await (keys === '' ? terminal.screen : terminal.shows('a b c d e f g h'));
    const shown = screen.slice(0, block.lines.length).map((line) => line.trimEnd());
    if (update) changes.set(block, shown);
    else t.deepEqual(block.lines, shown);
    terminal.terminate();
  }
  t.is(blocks.length, screens.length);
  if (update) writeFileSync(join(ROOT, 'docs/cli/step.md'), withBlocks(readPage('docs/cli/step.md'), changes));
});

/** True for what a test of its own compares: the one-line commands of the README, and help that is written from the code. */
function isHeldElsewhere({ page, language, lines }: Block): boolean {
  return (page === 'README.md' && language === 'sh') || (lines[0] ?? '').startsWith('Usage: maestro');
}

test('every block that shows commands or output is typed, or says what runs it, or why nothing does', (t) => {
  const typed = new Set(Object.keys(SCENES).flatMap((page) => typedOf(page).map(({ line }) => `${page}:${line}`)));
  const others = PAGES.flatMap((page) => blocksOf(page))
    .filter(({ language }) => ['', 'sh', 'console', 'text'].includes(language))
    .filter((block) => !typed.has(`${block.page}:${block.line}`) && !isHeldElsewhere(block));
  const runners = new Set<string>();
  const reasons: string[] = [];
  for (const { page, line, mark = `line ${line} has no mark` } of others) {
    const [, runner] = /^((?:test|scripts)\/\S+\.ts) /.exec(mark) ?? [];
    if (runner === undefined) reasons.push(`${page}: ${mark}`);
    else runners.add(runner);
  }
  t.deepEqual(reasons, NOT_RUN);
  for (const runner of runners) t.true(isInRepository(runner), runner);
});
