import test, { type ExecutionContext } from 'ava';
import { migrate } from '../../src/store/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { runCli } from '../support/cli.js';
import { aSchemaName, testKnex, testUrl } from '../support/database.js';
import { aHistory, anId } from '../support/factories.js';

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
  t.is(stderr, 'warning: event_log is a view, not a table: only the rows that it shows are looked at.\n');
  t.regex((await run('migrate', 'status')).stdout, /event_log is a view, not a table/);
  t.regex((await run('doctor', '-o', 'ndjson')).stdout, /"tables","status":"failure","found":".*event_log is a view/);
});
