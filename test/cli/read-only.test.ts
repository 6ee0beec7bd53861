import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import test from 'ava';
import { parseDatabaseUrl } from '../../src/connection/address/database-url.js';
import { openDatabase } from '../../src/connection/open-database.js';
import { openServer } from '../../src/connection/server/server.js';
import { PermissionDeniedError } from '../../src/store/errors.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { readingCommands, type Samples, writingCommands, SAMPLE_CORRELATION } from '../support/cli/sample-commands.js';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { runAny } from '../support/cli/run-any.js';
import { onConnections } from '../support/connections.js';
import { aSchemaName, testKnex, testUrl, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { serving, visitServed } from '../support/ui/serving.js';
import { TABLES } from '../support/data/steps.js';

const trapped = { schema: aSchemaName(), knex: testKnex() };
const database = useTestDatabase(test);
const untouched = useTestDatabase(test, { migrated: false });
const folder = useTemporaryFolder(test);
const role = `test_${randomBytes(6).toString('hex')}`;
const trappedUrl = Object.assign(new URL(testUrl()), { username: role, password: 'secret' }).href;

const history = aHistory(anId(), 3);
const id = history[0]?.aggregateId.hex ?? '';
const timestamp = history[1]?.timestamp.toString() ?? '';

const named = { id, timestamp, file: 'empty.ndjson', aggregate: 'tally' };
// Everything runs in a terminal here, in which export prints nothing. Without arguments, verify and stats read the whole log.
// Which indexes there are is read from the catalog, where nothing can be trapped.
const SAMPLES = Object.fromEntries(
  Object.entries(readingCommands(named)).filter(([words]) => words !== 'migrate index list'),
);
const READING: Samples = { ...SAMPLES, export: ['--file', 'export.ndjson'], verify: [], stats: [] };
const WRITING = { ...writingCommands(named), migrate: [], 'snapshot verify': [id, '--fix'] };

/** A page, or a part of one, of each screen of `maestro ui` that reads the log. */
const PAGES = [
  '/',
  '/?part=counts',
  `/find?q=${id}`,
  '/search?run=1',
  `/aggregate/${id}`,
  `/event/${timestamp}`,
  `/compare?id=${id}`,
  '/live',
  '/live/stream',
  '/verify?run=1',
];

/**
 * A log whose rows write when they are read: views decide row by row with a function that leaves a mark, and for the table of
 * migrations, which has to be one, a policy for the role does. Whatever reads here in a session that can write is found out.
 */
test.before(async () => {
  const { knex, schema } = trapped;
  await migrate(knex, { schema });
  const store = new PostgresStore(knex, { schema });
  await store.commitEvents([...history, anEvent(anId(), { metadata: { correlationId: SAMPLE_CORRELATION } })]);
  await store.commitSnapshot({ aggregateId: history[0]?.aggregateId ?? anId(), sequence: 2, body: { n: 2 } });
  await knex.raw(
    `INSERT INTO "${schema}".maestro_projections (name, version, kind, status) VALUES ('watched', 1, 'projection', 'live')`,
  );
  await knex.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  await knex.raw(`CREATE TABLE "${schema}".marks (at timestamptz)`);
  await knex.raw(`CREATE FUNCTION "${schema}".trap() RETURNS boolean VOLATILE LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO "${schema}".marks VALUES (now()); RETURN true; END $$`);
  for (const table of ['event_log', 'snapshots']) {
    await knex.raw(`ALTER TABLE "${schema}".${table} RENAME TO stored_${table}`);
    await knex.raw(
      `CREATE VIEW "${schema}".${table} AS SELECT * FROM "${schema}".stored_${table} WHERE "${schema}".trap()`,
    );
  }
  await knex.raw(`ALTER TABLE "${schema}".maestro_migrations ENABLE ROW LEVEL SECURITY`);
  await knex.raw(`CREATE POLICY trap ON "${schema}".maestro_migrations USING ("${schema}".trap())`);
  await knex.raw(`GRANT USAGE ON SCHEMA "${schema}" TO ${role}`);
  await knex.raw(`GRANT ALL ON ALL TABLES IN SCHEMA "${schema}" TO ${role}`);
  writeFileSync(join(folder, 'empty.ndjson'), '');
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate } from 'maestro-store';
     export default { aggregates: [defineAggregate({
       name: 'tally', initialState: () => ({ n: 0 }), commands: {}, events: { happened: (_, { n }: { n: number }) => ({ n }) }, owns: { firstEvents: ['happened'] },
     })] };`,
  );
});

test.after.always(async () => {
  await trapped.knex.raw(`DROP SCHEMA IF EXISTS "${trapped.schema}" CASCADE`);
  await trapped.knex.raw(`DROP OWNED BY ${role}`);
  await trapped.knex.raw(`DROP ROLE ${role}`);
  await trapped.knex.destroy();
});

async function marks(): Promise<number> {
  const { rows } = await trapped.knex.raw<{ rows: { count: number }[] }>(
    `WITH gone AS (DELETE FROM "${trapped.schema}".marks RETURNING 1) SELECT count(*)::integer AS count FROM gone`,
  );
  return rows[0]?.count ?? 0;
}

/** Runs a command on the trapped log, in a terminal in which somebody presses q when it is asked for one. */
function inTrap(words: string, ...argv: readonly string[]): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: trappedUrl, MAESTRO_SCHEMA: trapped.schema, NO_COLOR: '1' };
  return runAny([...words.split(' '), ...(READING[words] ?? []), ...argv], { cwd: folder, env, terminal: 100 });
}

for (const words of Object.keys(READING)) {
  test.serial(
    `maestro ${words} has a session in which writes fail, also behind a pooler, unless it is told otherwise`,
    async (t) => {
      for (const argv of [[], ['--read-only'], ['--pooler', 'transaction']]) {
        const { code, stderr } = await inTrap(words, ...argv);
        // What may not be read at all is not even tried.
        t.is(code, words === 'doctor' ? 1 : 4, stderr);
        if (words.startsWith('migrate ')) t.regex(stderr, /^error: Row-level security would hide rows from this role/m);
        else if (words !== 'doctor') t.regex(stderr, /^error: The database is read-only: .*INSERT/m);
      }
      t.is(await marks(), 0);
      // Reads in a transaction of its own that is read-only whatever the session is.
      if (words === 'export') return;
      const { code, stderr } = await inTrap(words, '--no-read-only');
      if (words === 'ui') {
        t.is(code, 2, stderr);
        t.regex(stderr, /never writes, so it does not take --no-read-only\.\nhint: Leave it out\./);
        t.is(await marks(), 0);
        return;
      }
      t.is(code, { diff: 1, doctor: 1, 'migrate sql': 5 }[words] ?? 0, stderr);
      t.true((await marks()) > 0, 'with a session that can write it would have written');
    },
  );
}

for (const [way, argv] of Object.entries({ directly: [], 'behind a pooler': ['--pooler', 'transaction'] }))
  test.serial(`no page of maestro ui can write, ${way}`, async (t) => {
    const { knex, schema } = trapped;
    const trap = (first: string) =>
      knex.raw(`CREATE OR REPLACE FUNCTION "${schema}".trap() RETURNS boolean VOLATILE LANGUAGE plpgsql AS
        $$ BEGIN ${first} RETURN true; END $$`);
    const mark = `INSERT INTO "${schema}".marks VALUES (now());`;
    // It would not begin to serve with a trap.
    await trap('');
    const env = { MAESTRO_DATABASE_URL: trappedUrl, MAESTRO_SCHEMA: schema, PGCONNECT_TIMEOUT: '60' };
    const server = await serving(env, argv);
    await trap(mark);
    for (const path of PAGES) {
      const page = await visitServed(server.url, path);
      t.regex(await page.text(), /The database is read-only: .*INSERT/, path);
    }
    t.is(await server.end(), 130);
    t.is(await marks(), 0);
  });

/** All that a schema holds. */
async function contents(): Promise<unknown> {
  const { schema, knex } = database;
  const tables = TABLES.map((table) => knex.raw<{ rows: unknown }>(`SELECT * FROM "${schema}".${table} ORDER BY 1`));
  return (await Promise.all(tables)).map(({ rows }) => rows);
}

test.serial('whatever writes refuses --read-only before it does anything', async (t) => {
  await database.store().commitEvents(history);
  const before = await contents();
  const empty = join(folder, 'nothing');
  mkdirSync(empty);
  writeFileSync(join(empty, 'empty.ndjson'), '');
  const files = readdirSync(empty);
  for (const [words, argv] of Object.entries(WRITING)) {
    const check = ({ code, stdout, stderr }: CliResult) => {
      t.deepEqual([code, stdout], [2, ''], `${words}: ${stderr}`);
      t.regex(
        stderr,
        /^error: maestro [a-z ]+ writes, which --read-only forbids\.\nhint: Leave --read-only out\. Nothing was written\.\n$/,
        words,
      );
    };
    const line = [...words.split(' '), ...argv, '--read-only'];
    const env = { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: database.schema };
    check(await runCli(line, { cwd: folder, env }));
    check(await runCli(line, { cwd: folder, env: { ...env, MAESTRO_SCHEMA: untouched.schema } }));
    const embedded = await runCli(line, { cwd: empty, env: {} });
    t.deepEqual([embedded.code, embedded.stdout], [2, ''], words);
    const json = await runCli([...line, '-o', 'json'], { cwd: folder, env });
    t.like(JSON.parse(json.stderr), { error: { code: 'MAESTRO_USAGE' } });
  }
  t.deepEqual(await contents(), before);
  t.deepEqual(readdirSync(empty), files, 'no embedded database was made');
  const { rows } = await untouched.knex.raw<{ rows: unknown[] }>('SELECT FROM pg_namespace WHERE nspname = ?', [
    untouched.schema,
  ]);
  t.deepEqual(rows, []);
});

test('what only shows a plan is allowed with --read-only, and writes nothing', async (t) => {
  const own = aHistory(anId(), 2);
  await database.store().commitEvents(own);
  const env = { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: database.schema };
  const owned = own[0]?.aggregateId ?? anId();
  const { code, stderr } = await runCli(['erase', owned.hex, '--reason', 'asked to', '--read-only'], { env });
  t.is(code, 0, stderr);
  t.is((await database.store().getEvents(owned, 1)).length, 2);
});

for (const pooler of [undefined, 'transaction'] as const)
  test(`a read-only connection reads and refuses to write, again and again, and leaves nothing behind (${pooler ?? 'direct'})`, async (t) => {
    const { schema } = database;
    const reader = openServer(parseDatabaseUrl(testUrl(), 'the test'), { schema, pooler, readOnly: true });
    t.teardown(() => reader.close());
    const refused = { instanceOf: PermissionDeniedError, message: /read-only/ };
    const stored = aHistory(anId(), 2);
    await database.store().commitEvents(stored);
    const storedId = stored[0]?.aggregateId ?? anId();
    for (let round = 0; round < 3; round += 1) {
      await t.throwsAsync(reader.store.commitEvents([anEvent()]), refused);
      await t.throwsAsync(reader.store.commitAll([anEvent()], [() => {}]), refused);
      await t.throwsAsync(reader.store.commitSnapshot({ aggregateId: storedId, sequence: 2, body: {} }), refused);
      await t.throwsAsync(migrate(reader.knex, { schema: untouched.schema }), refused);
      t.deepEqual(await reader.store.getEvents(storedId, 1), stored);
      const inTransaction = await reader.knex.transaction(async (transaction) => {
        const { rows } = await transaction.raw<{ rows: { state: string }[] }>(
          "SELECT current_setting('transaction_read_only') AS state",
        );
        return rows;
      });
      t.deepEqual(inTransaction, [{ state: 'on' }]);
    }
    t.is(await reader.store.getSnapshot(storedId, 1), undefined);
    if (pooler === undefined) return;
    // What a pooler hands to somebody else must be as it was.
    await onConnections(reader.knex, 1, async (connection) => {
      const { rows } = await connection.query("SELECT current_setting('transaction_read_only') AS state");
      t.deepEqual(rows, [{ state: 'off' }]);
    });
  });

test.serial('the embedded database refuses to write, too', async (t) => {
  const reader = await openDatabase({ dataDir: join(folder, 'embedded'), readOnly: true });
  t.teardown(() => reader.close());
  const refused = { instanceOf: PermissionDeniedError, message: /read-only/ };
  await t.throwsAsync(migrate(reader.knex), refused);
  const { rows } = await reader.knex.raw<{ rows: { count: number }[] }>(
    'SELECT count(*)::integer AS count FROM pg_tables WHERE schemaname = current_schema()',
  );
  t.deepEqual(rows, [{ count: 0 }]);
});
