import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { PostgresStore } from 'maestro-store';
import { deliveries, loadWebhooks } from '../../examples/webhooks/webhooks.js';
import { mergePatch } from '../../src/json/compare/merge-patch.js';
import type { JsonValue } from '../../src/json/types.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { query } from '../../src/store/read/rows.js';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { aSchemaName, useTemporaryFolder, useTestDatabase } from '../support/database.js';

const COPIES = 2;
const database = useTestDatabase(test);
const other = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const payloads = deliveries();

/** A payload, as far as it is looked at here. */
interface Payload {
  readonly issue?: { readonly labels?: readonly { readonly name: string }[] };
  readonly pull_request?: { readonly head: { readonly repo: { readonly owner: { readonly login: string } } | null } };
  readonly workflow_job?: { readonly steps: readonly { readonly conclusion: string | null }[] };
  readonly sender?: { readonly type: string };
}

function maestro(...argv: string[]): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(argv, { cwd: folder, env });
}

async function jsonOf<Value>(...argv: string[]): Promise<Value> {
  const { code, stdout, stderr } = await maestro(...argv, '-o', 'json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Value;
}

test.before(() => loadWebhooks(new PostgresStore(database.knex, { schema: database.schema }), COPIES));

test('every payload is in the log as GitHub sent it, as often as there are copies; loading again adds nothing', async (t) => {
  const store = new PostgresStore(other.knex, { schema: other.schema });
  const first = await loadWebhooks(store, 2);
  const again = await loadWebhooks(store, 3);

  t.is(first.events, 2 * payloads.length);
  t.deepEqual(again, { aggregates: first.aggregates / 2, events: payloads.length, known: first.aggregates });
  const rows = await query<[string]>(other.knex, `SELECT body::text FROM "${other.schema}".event_log`);
  const counts = new Map<string, number>();
  for (const [body] of rows) counts.set(canonical(body), (counts.get(canonical(body)) ?? 0) + 1);
  for (const { body } of payloads) t.is((counts.get(canonical(JSON.stringify(body))) ?? 0) % 3, 0);
  t.is(rows.length, 3 * payloads.length);
  t.is(new Set(payloads.map(({ body }) => canonical(JSON.stringify(body)))).size, counts.size);
});

test('page after page, aggregates lists every subject once, whatever the order', async (t) => {
  const expected = await query<[string, number]>(
    database.knex,
    `SELECT encode(aggregate_id, 'hex'), count(*)::int FROM "${database.schema}".event_log GROUP BY 1 ORDER BY 1`,
  );
  for (const order of ['id', 'events', 'last']) {
    const listed: [string, number][] = [];
    for (let after: string[] = []; ;) {
      const { stdout, stderr } = await maestro('aggregates', '--sort', order, '--limit', '40', ...after, '-o', 'json');
      const page = JSON.parse(stdout) as { aggregateId: string; events: number }[];
      listed.push(...page.map(({ aggregateId, events }): [string, number] => [aggregateId, events]));
      const cursor = /add --after (\S+),/.exec(stderr)?.[1];
      if (cursor === undefined) break;
      after = ['--after', cursor];
    }
    t.deepEqual(listed.sort(), expected, order);
  }
});

for (const [path, holds] of [
  ['$.issue.labels[*].name == "bug"', ({ issue }) => issue?.labels?.some(({ name }) => name === 'bug')],
  [
    '$.pull_request.head.repo.owner.login starts with "Coder"',
    ({ pull_request: request }) => request?.head.repo?.owner.login.startsWith('Coder'),
  ],
  [
    '$.workflow_job.steps[*] ? (@.conclusion == "failure")',
    ({ workflow_job: job }) => job?.steps.some(({ conclusion }) => conclusion === 'failure'),
  ],
  ['$.sender.type == "Bot" && exists($.issue)', ({ sender, issue }) => sender?.type === 'Bot' && issue !== undefined],
] satisfies [string, (payload: Payload) => boolean | undefined][])
  test(`search --where '${path}' finds what a loop over the payloads finds`, async (t) => {
    const expected = payloads.filter(({ body }) => holds(body)).map(({ type }) => type);
    const found = await jsonOf<{ type: string }[]>('search', '--where', path, '--limit', '10000');
    t.deepEqual(found.map(({ type }) => type).sort(), expected.flatMap((type) => [type, type]).sort());
  });

test('stats and verify count what was loaded, and the log is sound', async (t) => {
  const total = COPIES * payloads.length;
  t.like(await jsonOf('stats'), { events: total });
  const byType = await jsonOf<{ type: string; events: number }[]>('stats', '--by', 'type');
  const types: Record<string, number> = {};
  for (const { type } of payloads) types[type] = (types[type] ?? 0) + COPIES;
  t.deepEqual(Object.fromEntries(byType.map(({ type, events }) => [type, events])), types);
  t.like(await jsonOf('verify'), { violations: [], checked: { events: total } });
});

test('the state of a subject is what GitHub said of it, the latest last', async (t) => {
  const [longest] = await jsonOf<{ aggregateId: string; events: number }[]>('aggregates', '--sort', 'events');
  const { aggregateId = '', events = 0 } = longest ?? {};
  const history = await jsonOf<{ body: JsonValue }[]>('events', aggregateId);
  t.true(events > 10);
  const state = history.reduce<JsonValue>((before, { body }) => mergePatch(before, body, 'copy'), {});
  t.like(await jsonOf('replay', aggregateId), { sequence: events, state });
});

test('exported, imported into partitions and into the embedded database, and exported again it is the same file', async (t) => {
  const schema = aSchemaName();
  await migrate(database.knex, { schema, partitions: 3 });
  t.teardown(() => database.knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  const read = (file: string) => readFileSync(join(folder, file));
  t.is((await maestro('export', '--file', 'first.ndjson')).code, 0);

  const embedded = { cwd: folder };
  await runCli(['migrate'], embedded);
  for (const [target, options] of [
    [['--url', database.url, '--schema', schema], { cwd: folder }],
    [[], embedded],
  ] as const) {
    const imported = await runCli(['import', '--file', 'first.ndjson', ...target], options);
    t.is(imported.code, 0, imported.stderr);
    t.is((await runCli(['export', '--file', 'second.ndjson', '--force', ...target], options)).code, 0);
    t.true(read('second.ndjson').equals(read('first.ndjson')));
  }
});

/** JSON text with the keys of every object in order. */
function canonical(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
