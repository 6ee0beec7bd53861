import test, { type ExecutionContext } from 'ava';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { runCli } from '../../support/cli/cli.js';
import { aSchemaName, testKnex, testUrl } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';

const knex = testKnex();
test.after.always(() => knex.destroy());

/** A migrated schema of its own with some aggregates of two events, for a test that does something to its tables. */
async function aLog(t: ExecutionContext, { partitions = 1, aggregates = 6 } = {}) {
  const schema = aSchemaName();
  await migrate(knex, { schema, partitions });
  t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  const ids = Array.from({ length: aggregates }, () => anId());
  const store = new PostgresStore(knex, { schema });
  for (const id of ids) await store.commitEvents(aHistory(id, 2));
  const run = (...argv: readonly string[]) =>
    runCli(argv, { env: { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: schema } });
  return { schema, ids, store, run };
}

test('without one of its partitions, no command says that it has seen the whole log', async (t) => {
  const { schema, run } = await aLog(t, { partitions: 3 });
  await knex.raw(`ALTER TABLE "${schema}".event_log DETACH PARTITION "${schema}".event_log_1`);
  for (const argv of [['verify'], ['export'], ['stats'], ['stats', '--by', 'type']]) {
    const { code, stderr } = await run(...argv);
    t.is(code, 5, argv.join(' '));
    t.regex(stderr, /error: .*partitions of event_log are missing, and with them the events of some aggregates\./);
    t.regex(stderr, /hint: Attach them again/);
  }
  t.regex((await run('migrate', 'status')).stdout, /partitions of event_log are missing/);
  t.regex((await run('doctor', '-o', 'ndjson')).stdout, /"tables","status":"failure","found":".*partitions .* missing/);
  await knex.raw(
    `ALTER TABLE "${schema}".event_log ATTACH PARTITION "${schema}".event_log_1 FOR VALUES WITH (MODULUS 3, REMAINDER 1)`,
  );
  t.is((await run('verify')).code, 0);
});

test('a view in the place of a table is named by what looks at the whole', async (t) => {
  const { schema, run } = await aLog(t);
  await knex.raw(`ALTER TABLE "${schema}".event_log RENAME TO old;
    CREATE VIEW "${schema}".event_log AS SELECT * FROM "${schema}".old WHERE sequence = 1`);
  const { code, stderr } = await run('verify');
  t.is(code, 0);
  t.is(stderr, 'warning: event_log is a view, not a table: only the rows that it shows are checked.\n');
  t.regex((await run('migrate', 'status')).stdout, /event_log is a view, not a table/);
  t.regex((await run('doctor', '-o', 'ndjson')).stdout, /"tables","status":"failure","found":".*event_log is a view/);
});

test('a type that no event has is named, with the one that was meant, by whatever takes types', async (t) => {
  const { ids, run } = await aLog(t);
  const warning = 'warning: No event has the type "hapened". Did you mean happened?\n';
  const id = ids[0]?.hex ?? '';
  for (const argv of [['search'], ['search', '-q'], ['aggregates'], ['tail'], ['events', id], ['export']]) {
    const { code, stderr } = await run(...argv, '--type', 'hapened');
    t.is(code, 0, stderr);
    t.true(stderr.includes(warning), `${argv.join(' ')}: ${stderr}`);
    const both = await run(...argv, '--type', 'happened', '--type', 'hapened');
    t.true(both.stderr.includes(warning), `${argv.join(' ')}: ${both.stderr}`);
    t.notRegex((await run(...argv, '--type', 'happened')).stderr, /warning/);
  }
  t.regex(
    (await run('search', '--type', 'zzz')).stderr,
    /^warning: No event has the type "zzz"\. `maestro stats --by type` lists them\.$/m,
  );
});

test('an empty answer names another schema that has an event log', async (t) => {
  const { schema } = await aLog(t);
  const empty = await aLog(t, { aggregates: 0 });
  for (const argv of [['search'], ['aggregates'], ['tail']]) {
    const { code, stderr } = await empty.run(...argv);
    t.is(code, 0);
    t.regex(
      stderr,
      new RegExp(`^note: the log in schema ${empty.schema} has no events; there (is|are) .*--schema`, 'm'),
    );
  }
  const none = { env: { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: aSchemaName() } };
  const { code, stderr } = await runCli(['verify'], none);
  t.is(code, 2);
  t.regex(
    stderr,
    /hint: Check that this is the right database and schema \(--url, --data-dir, --schema\)\. If it is, run `maestro migrate` on it first\. Did you mean another schema\? There (is|are) .*--schema/,
  );
  t.is((await runCli(['verify'], { env: { ...none.env, MAESTRO_SCHEMA: schema } })).code, 0);
});

test('what is cut off after something was printed says that it is a part', async (t) => {
  const { schema, store } = await aLog(t, { aggregates: 0 });
  const note = 'note: the output before this error is incomplete\n';
  const id = anId();
  // The first page is quick, and the second takes too long.
  await store.commitEvents(aHistory(id, 1200).map((event) => ({ ...event, body: { filler: 'x'.repeat(300) } })));
  await knex.raw(`ALTER TABLE "${schema}".event_log RENAME TO old;
    CREATE FUNCTION "${schema}".slow(n integer) RETURNS boolean VOLATILE LANGUAGE plpgsql AS
      $$ BEGIN IF n > 1100 THEN PERFORM pg_sleep(60); END IF; RETURN true; END $$;
    CREATE VIEW "${schema}".event_log AS SELECT * FROM "${schema}".old WHERE "${schema}".slow(sequence)`);
  const env = { MAESTRO_DATABASE_URL: `${testUrl()}?connect_timeout=60`, MAESTRO_SCHEMA: schema };
  const { code, stdout, stderr } = await runCli(['events', id.hex, '--timeout', '2'], { env });
  t.is(code, 4, stderr);
  t.regex(stdout, /^SEQUENCE .*\n +1 /);
  t.regex(stderr, /^error: The database stopped the statement/);
  t.true(stderr.endsWith(note), stderr);
  const json = await runCli(['events', id.hex, '-o', 'ndjson', '--timeout', '2'], { env });
  t.like(JSON.parse(json.stderr), { error: { code: 'MAESTRO_TIMEOUT', partial: true } });
});
