import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { aHistory, anId } from '../support/data/factories.js';
import { exported, insertRows, signed } from '../support/data/transfer.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const { knex, schema, url } = database;

test.serial.before(async () => {
  writeFileSync(join(folder, 'maestro.config.json'), JSON.stringify({ interop: 'elixir' }));
  await knex.raw(`CREATE TABLE "${schema}".schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0))`);
});

/** Runs a command where the configuration says that Elixir reads the log, or in another folder, where it does not. */
function maestro(argv: readonly string[], cwd = folder): Promise<CliResult> {
  return runCli(argv, { cwd, env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema } });
}

test.serial(
  'commands that write keep to what Elixir can read when the configuration says so, and verify looks for the rest',
  async (t) => {
    const id = anId();
    await database.store().commitEvents(aHistory(id, 1));
    const before = await exported(database);
    const body = '{"n": 1e1024}';
    const line = `{"aggregateId":"${anId().hex}","sequence":1,"timestamp":"${anId().toString()}","type":"a","body":{"n": 1${'0'.repeat(1024)}}}`;
    writeFileSync(join(folder, 'export.ndjson'), signed([line]));
    for (const argv of [
      ['append', 'new', '--type', 'a', '--body', body],
      ['snapshot', 'put', id.hex, '--sequence', '1', '--body', body],
      ['import', '--file', join(folder, 'export.ndjson')],
    ]) {
      const { code, stdout, stderr } = await maestro(argv);
      t.deepEqual([code, stdout], [2, ''], argv.join(' '));
      t.regex(
        stderr,
        /is an integer of 1025 characters, and Elixir's Maestro reads no more than 1024; write it as a string/,
      );
    }
    t.is(await exported(database), before);

    for (const flags of [['--dry-run'], []]) {
      const elsewhere = await maestro(['import', '--file', join(folder, 'export.ndjson'), ...flags], '/');
      t.is(elsewhere.code, 0);
      t.regex(
        elsewhere.stderr,
        /^warning: An Elixir application uses this schema, and cannot read 1 body of the export; the first is in line 2, where a value is an integer of 1025 characters/m,
      );
    }
    t.is((await maestro(['verify'], '/')).code, 0);
    for (const found of [await maestro(['verify']), await maestro(['verify', '--interop', 'elixir'], '/')]) {
      t.is(found.code, 1);
      t.regex(found.stdout, /unreadable body of the event: n is an integer of 1025 characters/);
    }
    const doctor = await maestro(['doctor', '-o', 'json'], '/');
    t.regex(doctor.stdout, /"check":"interop","status":"note".*maestro verify --interop elixir/);
  },
);

test.serial('a versioned snapshot is one that Elixir cannot read, to import and to snapshot delete', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 1));
  await database
    .store()
    .commitSnapshot({ aggregateId: id, sequence: 1, body: { $maestro: { version: 2 }, state: {} } });
  const file = join(folder, 'versioned.ndjson');
  t.is((await maestro(['export', id.hex, '--file', file], '/')).code, 0);
  const plan = await maestro(['snapshot', 'delete', id.hex, '--reason', 'r'], '/');
  t.regex(plan.stdout, /of version 2, which the Elixir application of this schema cannot read\n/);
  const { stdout, stderr } = await maestro(['import', '--file', file, '--dry-run', '-o', 'json'], '/');
  t.like(JSON.parse(stdout), { unreadable: { count: 1, line: 3 } });
  t.regex(stderr, /cannot read 1 body of the export; the first is in line 3, where a value has a version/);
  await database.knex.raw(`DELETE FROM "${schema}".snapshots`);
});

test.serial('doctor and check tell of definitions whose snapshots an Elixir application would misread', async (t) => {
  writeFileSync(
    join(folder, 'versions.config.ts'),
    `import { defineAggregate, defineConfig } from 'maestro-store';
const made = (name: string, snapshot?: { version: number }) =>
  defineAggregate({ name, initialState: () => ({}), commands: {}, events: {}, ...(snapshot && { snapshot }) });
export default defineConfig({ interop: 'elixir', aggregates: [made("plain"), made('marked', { version: 2 })] });
`,
  );
  const found = /with interop 'elixir', openAggregates\(\) refuses marked: a `snapshot\.version` is set/;
  const configured = ['--config', 'versions.config.ts'];
  t.regex((await maestro(['doctor', ...configured, '-o', 'json'])).stdout, found);
  t.regex((await maestro(['check', ...configured])).stderr, found);
});

test.serial('what an Elixir process writes back after an erasure is told of, and verify finds it', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 3));
  const reason = ['--reason', 'GDPR request 4711'];
  const told =
    /^warning: An Elixir application uses this schema\. If one of its processes has the aggregate in memory/m;
  for (const execute of [[], ['--execute']]) {
    const { code, stderr } = await maestro(['erase', id.hex, ...reason, ...execute]);
    t.is(code, 0);
    t.regex(stderr, told);
    t.true(stderr.includes(`maestro verify ${id.hex}`));
  }
  await insertRows(database, {
    events: [{ aggregateId: id, sequence: 4, timestamp: anId(), type: 'a', body: '{}' }],
    snapshots: [{ aggregateId: id, sequence: 4, body: '{"secret": 1}' }],
  });
  const { code, stdout } = await maestro(['verify', id.hex]);
  t.is(code, 1);
  t.regex(stdout, /first sequence: the history does not begin with 1/);
  t.regex(stdout, /snapshot of missing events: the history begins with 4/);
});
