import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import knexFactory from 'knex';
import {
  exportLog,
  listAggregates,
  logStatistics,
  planErasure,
  searchEvents,
  tailEvents,
  verifyLog,
} from '../../src/admin/index.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { rollback } from '../../src/store/migrate/rollback.js';
import { runCli } from '../support/cli/cli.js';
import { ONE_AT_A_TIME, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { readingCommands, writingCommands } from '../support/cli/sample-commands.js';
import { runAny } from '../support/cli/run-any.js';
import { aHistory, anId, collect } from '../support/data/factories.js';
import { aRoleWith } from '../support/servers/settings.js';

const database = useTestDatabase(test, { partitions: 4 });
const folder = useTemporaryFolder(test);
const shown = aHistory(anId(), 3);
const hidden = aHistory(anId(), 3);
const shownId = shown[0]?.aggregateId ?? anId();
const hiddenId = hidden[0]?.aggregateId ?? anId();
/** Commands that neither read nor write rows of the log. */
const EXEMPT = ['migrate status', 'migrate sql', 'migrate index list', 'migrate up', 'doctor'];

test.before(async () => {
  const { schema, knex } = database;
  await database.store().commitEvents(shown);
  await database.store().commitEvents(hidden);
  await database.store().commitSnapshot({ aggregateId: hiddenId, sequence: 1, body: { n: 1 } });
  await knex.raw(`ALTER TABLE "${schema}".event_log ENABLE ROW LEVEL SECURITY;
    ALTER TABLE "${schema}".snapshots ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "own rows" ON "${schema}".event_log USING (aggregate_id = decode('${shownId.hex}', 'hex'));
    CREATE POLICY others ON "${schema}".event_log FOR DELETE USING (false)`);
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate } from 'maestro-store';
     export default { aggregates: [defineAggregate({
       name: 'tally', initialState: () => ({ n: 0 }), commands: {}, events: { happened: (_, { n }: { n: number }) => ({ n }) }, owns: { firstEvents: ['happened'] },
     })] };`,
  );
  const { code } = await runCli(['export', '--file', join(folder, 'log.ndjson')], {
    env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: schema },
  });
  if (code !== 0) throw new Error('The export failed.');
});

const named = {
  id: shownId.hex,
  timestamp: hidden[1]?.timestamp.toString() ?? '',
  file: 'log.ndjson',
  aggregate: 'tally',
};

test('where row-level security hides rows from a role, every command refuses, and doctor says why', async (t) => {
  const { schema, knex } = database;
  const { role, url } = await aRoleWith(t, knex, {});
  await knex.raw(
    `${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA "${schema}" TO ${role}`,
  );
  const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
  const lines = { ...readingCommands(named), ...writingCommands(named), 'snapshot verify --fix': [shownId.hex] };
  for (const [words, argv] of Object.entries(lines)) {
    if (EXEMPT.includes(words)) continue;
    for (const pooler of [[], ['--pooler', 'transaction']]) {
      const { code, stderr, stdout } = await runAny([...words.split(' '), ...argv, ...pooler], { cwd: folder, env });
      t.is(code, 4, `${words}: ${stderr}${stdout}`);
      t.regex(stderr, /error: Row-level security (of (event_log|snapshots) \(|would hide rows from this role)/, words);
      t.regex(stderr, /hint: [^]*BYPASSRLS/, words);
    }
  }
  const { code, stdout } = await runCli(['doctor', '-o', 'json'], { cwd: folder, env });
  t.is(code, 1);
  const found = (JSON.parse(stdout) as { check: string; found: string; status: string }[]).filter(
    ({ check }) => check === 'row security',
  );
  t.deepEqual(
    found.map(({ found, status }) => [status, found]),
    [
      [
        'failure',
        `event_log has row-level security (policies others, "own rows"), which hides rows from ${role}; commands refuse to answer`,
      ],
      [
        'failure',
        `snapshots has row-level security (no policy), which hides rows from ${role}; commands refuse to answer`,
      ],
    ],
  );
});

test("questions across aggregates refuse on an application's own Knex instance and in its transaction", async (t) => {
  const { schema, knex: admin } = database;
  const { role, url } = await aRoleWith(t, admin, {});
  await admin.raw(
    `${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA "${schema}" TO ${role}`,
  );
  const knex = knexFactory({ client: 'pg', connection: url });
  t.teardown(() => knex.destroy());
  const log = { knex, schema };
  const questions = {
    verify: () => collect(verifyLog(log)),
    export: () => exportLog(log, {}, async () => {}),
    statistics: () => logStatistics(log),
    aggregates: () => collect(listAggregates(log)),
    search: () => collect(searchEvents(log)),
    tail: () => collect(tailEvents(log)),
    'plan of an erasure': () => planErasure(log, { aggregateId: hiddenId }),
    'inside a transaction': () =>
      knex.transaction((transaction) => collect(searchEvents({ knex: transaction, schema }))),
  };
  for (const [name, ask] of Object.entries(questions))
    await t.throwsAsync(ask, { code: 'MAESTRO_PERMISSION_DENIED', message: /hides rows from test_set_/ }, name);
  const { rows } = await knex.raw<{ rows: unknown }>('SHOW row_security');
  t.deepEqual(rows, [{ row_security: 'on' }], 'the session is as it was');
  // A store reads as its role may: an application may want just that.
  t.is((await new PostgresStore(knex, { schema }).getEvents(shownId, 1)).length, 3);
});

test('to whom it does not apply, commands answer, and doctor says that others see a part', async (t) => {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  t.is((await runCli(['verify'], { env })).code, 0);
  const { stdout } = await runCli(['doctor', '-o', 'ndjson'], { env });
  t.regex(
    stdout,
    /"row security","status":"note","found":"event_log has row-level security .* does not apply to postgres"/,
  );
});

test('a log that looks empty to its owner is not rolled back', async (t) => {
  const { role, url, schema } = await aRoleWith(t, database.knex, {});
  const owner = knexFactory({ client: 'pg', connection: url });
  t.teardown(() => owner.destroy());
  await migrate(owner, { schema });
  await new PostgresStore(owner, { schema }).commitEvents(aHistory(anId(), 2));
  await owner.raw(
    `ALTER TABLE ${schema}.event_log ENABLE ROW LEVEL SECURITY; ALTER TABLE ${schema}.event_log FORCE ROW LEVEL SECURITY`,
  );
  t.deepEqual((await owner.raw<{ rows: unknown[] }>(`SELECT FROM ${schema}.event_log`)).rows, []);
  await t.throwsAsync(rollback(owner, { schema }), {
    code: 'MAESTRO_PERMISSION_DENIED',
    message: /Row-level security/,
  });
  await owner.raw(`ALTER TABLE ${schema}.event_log NO FORCE ROW LEVEL SECURITY`);
  await t.throwsAsync(rollback(owner, { schema }), { code: 'MAESTRO_ROLLBACK_REFUSED' }, role);
});
