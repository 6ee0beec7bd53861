import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MAX_FOLDED_DEPTH } from '../../src/folding/stored-body.js';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { aSchemaName, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { anEvent, aHistory, anId } from '../support/data/factories.js';
import { ACCOUNT, PERSON } from '../support/data/handlers.js';
import { exported, imported, signed } from '../support/data/transfer.js';
import { serving, visitServed } from '../support/ui/serving.js';
import { eventJson } from '../../src/store/read/stored-json.js';

// One folder for all, with a schema for each test, because making a folder takes longer than what a test does in it. One after
// another, and apart from what is tested on a server: the engine keeps this process busy, also when it waits for a connection.

const server = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const REASON = ['--reason', 'asked to'];

const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
${ACCOUNT}
${PERSON}
export default defineConfig({ aggregates: [Account, Person] });
`;
test.serial.before(() => writeFileSync(join(folder, 'handlers.ts'), CONFIGURATION));
/** Only where they are needed, because they are compiled anew by every command. */
const WITH_HANDLERS = ['--config', 'handlers.ts'];

type Run = (argv: readonly string[], stdin?: string) => Promise<CliResult>;

/** Runs commands on an empty log of the test's own. */
async function aLog(t: ExecutionContext, options: readonly string[] = []): Promise<Run> {
  const env = { MAESTRO_SCHEMA: aSchemaName() };
  const run: Run = (argv, stdin = '') => runCli([...argv, ...options], { cwd: folder, env, stdin });
  const { code, stderr } = await run(['migrate', '-q']);
  t.is(code, 0, stderr);
  return run;
}

/** Appends events to a new aggregate, whose id it gives. */
async function appended(t: ExecutionContext, run: Run, ...events: readonly object[]): Promise<string> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const { code, stdout, stderr } = await run(['append', 'new', '--file', '-', '-q'], lines);
  t.is(code, 0, stderr);
  return stdout.trim();
}

const jsonOf = async (result: Promise<CliResult>): Promise<unknown> => JSON.parse((await result).stdout);

test.serial('search, event, aggregates, stats and types answer alike', async (t) => {
  const run = await aLog(t);
  const id = await appended(t, run, { type: 'hired', body: { name: 'Ada' } }, { type: 'paid', body: { amount: 500 } });
  const event = (await jsonOf(run(['search', '--where', '$.amount > 100', '-o', 'ndjson']))) as { timestamp: string };
  t.like(event, { aggregateId: id, sequence: 2, type: 'paid' });
  t.like(await jsonOf(run(['event', event.timestamp, '-o', 'json'])), {
    body: { amount: 500 },
    previous: { type: 'hired' },
    next: null,
  });
  t.like(await jsonOf(run(['aggregates', '--sort', 'last', '-o', 'ndjson'])), { aggregateId: id, events: 2 });
  t.like(await jsonOf(run(['stats', '-o', 'json'])), { events: 2, aggregates: 1, longest: [{ events: 2 }] });
  t.regex((await run(['stats', '--by', 'partition', '-q'])).stdout, /^\w+\.event_log\n$/);
  t.like(await jsonOf(run(['types', '-o', 'json'])), [
    { type: 'hired', events: 1, handledBy: null },
    { type: 'paid', events: 1, handledBy: null },
  ]);
});

test.serial('metadata is appended, shown apart, found, erased, and in no state', async (t) => {
  const run = await aLog(t);
  const id = await appended(t, run, { type: 'paid', body: { n: 1 }, metadata: { userId: 'ada', source: 'web' } });
  const found = (await run(['search', '--where', '$."$metadata".userId == "ada"', '-o', 'ndjson'])).stdout;
  t.true(found.endsWith('"body":{"n": 1},"metadata":{"source": "web", "userId": "ada"}}\n'), found);
  t.regex((await run(['events', id, '--metadata'])).stdout, / METADATA +BODY\n/);
  t.like(await jsonOf(run(['replay', id, '-o', 'json'])), { state: { n: 1 } });
  t.is((await run(['erase', id, '--paths', '/$metadata/userId', ...REASON, '--execute'])).code, 0);
  t.like(await jsonOf(run(['event', id, '1', '-o', 'json'])), { body: { n: 1 }, metadata: { source: 'web' } });
});

test.serial('a history moves from a server into the embedded database and back, and is erased there', async (t) => {
  const id = anId();
  await server.store().commitEvents(aHistory(id, 3));
  await server.store().commitSnapshot({ aggregateId: id, sequence: 3, body: { n: 3 } });
  const text = await exported(server, { aggregateIds: [id] });
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const early = await runCli(['import'], { cwd: empty, stdin: text });
  t.is(early.code, 2, early.stderr);

  const run = await aLog(t);
  t.like(await jsonOf(run(['import', '-o', 'json'], text)), { events: 3, snapshots: 1 });
  t.is((await run(['export', '--file', 'f', '-q'])).stdout, 'f\n');
  t.is(readFileSync(join(folder, 'f'), 'utf8'), text);
  await server.knex.raw(`TRUNCATE "${server.schema}".event_log, "${server.schema}".snapshots`);
  await imported(server, text);
  t.is(await exported(server), text);
  t.is((await run(['erase', id.hex, ...REASON, '--execute', '-q'])).code, 0);
  t.is((await run(['export', id.hex])).code, 3);
});

test.serial('a trace is found with an index and without', async (t) => {
  const [cause, effect] = [anEvent(anId(), { type: 'asked' }), anEvent(anId(), { type: 'answered' })];
  const metadata = { correlationId: 'work', causationId: cause.timestamp.toString() };
  await server.store().commitEvents([
    { ...cause, metadata: { correlationId: 'work' } },
    { ...effect, metadata },
  ]);
  const text = await exported(server, { aggregateIds: [cause.aggregateId, effect.aggregateId] });
  const run = await aLog(t);
  t.is((await run(['import', '-q'], text)).code, 0);
  const without = await run(['trace', 'work']);
  t.regex(without.stdout, / asked\n.* {4}answered +#1\n/);
  t.is((await run(['migrate', 'index', 'add', '-q'])).stdout, 'maestro_metadata_correlationId\n');
  t.is((await run(['migrate', 'index', 'list', '-q'])).stdout, 'correlationId\n');
  t.deepEqual(await run(['trace', 'work']), without);
  t.notRegex((await run(['migrate', 'index', 'drop', '--dry-run'])).stdout, /CONCURRENTLY/);
  t.is((await run(['migrate', 'index', 'drop', '-q'])).code, 0);
  t.regex((await run(['migrate', 'layout', '--partitions', '2', '--execute'])).stdout, /^layout +2 partitions\n/);
});

test.serial('a wrong snapshot is found and fixed, and a state is checked against a baseline', async (t) => {
  const run = await aLog(t, WITH_HANDLERS);
  const id = await appended(
    t,
    run,
    { type: 'opened', body: { owner: 'Ada' } },
    { type: 'deposited', body: { amount: 2 } },
  );
  const put = await run(['snapshot', 'put', id, '--sequence', '2', '--body', '{"owner": "Ada", "balance": 3}']);
  t.is(put.code, 0, put.stderr);
  t.is((await run(['snapshot', 'verify', '--all', '-q'])).stdout, `${id}\n`);
  t.is((await run(['snapshot', 'verify', id, '--fix'])).code, 0);
  t.is((await run(['snapshot', 'verify', id])).code, 0);
  t.regex((await run(['snapshot', 'get', id])).stdout, /^\{"owner": "Ada", "balance": 2\}$/m);
  t.is((await run(['check', '--write-baseline', 'baseline.ndjson'])).code, 0);
  t.regex(
    (await run(['check', '--baseline', 'baseline.ndjson'])).stdout,
    /^checked 2 events .* 1 against the baseline/,
  );
});

test.serial('a snapshot is deleted, and the events stay', async (t) => {
  const run = await aLog(t);
  const id = await appended(t, run, { type: 'a', body: { n: 1 } });
  await run(['snapshot', 'put', id, '--sequence', '1', '--body', '{"n": 99}']);
  t.is((await run(['snapshot', 'delete', id, ...REASON, '--expect', '1', '--execute'])).code, 0);
  t.is((await run(['snapshot', 'get', id])).code, 3);
  t.is((await run(['events', id])).code, 0);
});

test.serial('command ids are listed, forgotten, and go with their aggregate', async (t) => {
  const run = await aLog(t);
  const id = await appended(t, run, { type: 'a', body: { n: 1 } });
  t.is((await run(['commands', 'list', id])).stderr, 'note: no command id of this aggregate is remembered\n');
  t.like(await jsonOf(run(['commands', 'prune', '--older-than', '30d', '-o', 'json'])), { commands: 0, kept: 0 });
  t.like(await jsonOf(run(['commands', 'prune', '--older-than', '30d', '--execute', '-o', 'json'])), {
    executed: true,
    commands: 0,
    oldest: null,
  });
  t.like(await jsonOf(run(['erase', id, ...REASON, '--execute', '-o', 'json'])), { events: 1, commands: 0 });
});

test.serial('what would no longer fold is neither appended nor erased', async (t) => {
  const run = await aLog(t, WITH_HANDLERS);
  const id = await appended(t, run, { type: 'joined', body: { email: 'a@b' } });
  for (const flags of [[], ['--dry-run']]) {
    const { code, stdout } = await run(['append', id, '--type', 'jioned', '--body', '{}', ...flags]);
    t.deepEqual([code, stdout], [5, '']);
  }
  const again = ['append', id, '--type', 'joined', '--body', '{"email": "c@d"}', '--dry-run', '-o', 'json'];
  t.like(await jsonOf(run(again)), { state: { email: 'c@d' } });
  t.is((await run(['events', id, '-o', 'ndjson'])).stdout.trim().split('\n').length, 1);

  const erase = ['erase', id, '--paths', '/email', ...REASON, '--execute'];
  t.is((await run(erase)).code, 5);
  t.is((await run([...erase, '--replace', '/email="gone"'])).code, 0);
  t.like(await jsonOf(run(['replay', id, '-o', 'json'])), { state: { email: 'gone' } });
});

test.serial('a deep body is kept as it is, and one that the engine cannot hold is refused', async (t) => {
  const nested = (levels: number) => `${'{"a": '.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
  const exportOf = (...levels: readonly number[]) =>
    signed(levels.map((count) => eventJson({ ...anEvent(), type: 'deep', body: nested(count) })));
  const run = await aLog(t);
  const refused = await run(['import'], exportOf(4001));
  t.is(refused.code, 2);
  t.regex(
    refused.stderr,
    /^error: Line 2 of the export has a body nested deeper than the 4000 levels that the embedded database can hold\.\nhint: Nothing was imported\. Import into a server/m,
  );
  const text = exportOf(MAX_FOLDED_DEPTH + 1, 4000);
  const { code, stderr } = await run(['import'], text);
  t.is(code, 0, stderr);
  t.is((await run(['export'])).stdout, text);
  t.is((await run(['append', 'new', '--type', 'a', '--body', '{}'])).code, 0);
});

test.serial('projections run, are shown, verified, rebuilt, reached by an erasure, and dropped', async (t) => {
  writeFileSync(
    join(folder, 'projections.ts'),
    `import { defineAggregate, defineProjection } from 'maestro-store';
const Person = defineAggregate({ name: 'person', initialState: () => null, commands: {}, events: { hired: (state, body: { name: string }) => state } });
export default { aggregates: [Person], projections: [defineProjection({ name: 'people', from: [Person],
  setUp: async (trx) => { await trx.raw('CREATE TABLE people (id bytea PRIMARY KEY, name text)'); },
  project: { hired: async ({ aggregateId, body }, trx) => { await trx('people').insert({ id: aggregateId.encode(), name: body.name }); } },
  erased: async (id, trx) => { await trx('people').where({ id: id.encode() }).delete(); },
})] };
`,
  );
  const run = await aLog(t, ['--config', 'projections.ts']);
  const id = await appended(t, run, { type: 'hired', body: { name: 'Ada' } });
  const once = await run(['projections', 'run', '--once', '-o', 'json']);
  t.deepEqual([once.code, JSON.parse(once.stdout)], [0, [{ name: 'people', events: 1 }]], once.stderr);
  t.is((await run(['projections', 'status', '--exit-code'])).code, 0);
  t.regex(
    (await run(['projections', 'verify', 'people', '--all'])).stdout,
    /all 1 aggregate against people 1: no difference/,
  );
  t.like(await jsonOf(run(['projections', 'rebuild', 'people', '-o', 'json'])), { status: 'live', events: 1 });
  t.is((await run(['erase', id, ...REASON, '--execute'])).code, 0);
  t.regex(
    (await run(['projections', 'verify', 'people', '--all'])).stdout,
    /0 aggregates against people 1: no difference/,
  );
  t.like(await jsonOf(run(['projections', 'drop', 'people', '--execute', '--force', '-o', 'json'])), { left: 0 });
  t.is((await run(['projections', 'status', 'people'])).code, 3);
});

test.serial(
  'ui prints the address of the pages, and that no other process can use the database meanwhile',
  async (t) => {
    const env = { MAESTRO_SCHEMA: aSchemaName() };
    const options = { cwd: folder, env, interrupted: true };
    const unmade = await runCli(['ui', '--port', '0'], options);
    t.not(unmade.code, 0);
    t.is(unmade.stdout, '');
    await runCli(['migrate', '-q'], options);
    const pages = await serving(env, ['--data-dir', join(folder, '.maestro', 'data')]);
    t.regex(pages.url, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+$/);
    t.regex(pages.notes(), /no other process can use it/);
    t.regex(await (await visitServed(pages.url, '/?part=findings')).text(), /session<\/strong> cannot write/);
    t.is(await pages.end(), 130);
  },
);
