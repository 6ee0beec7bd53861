import test from 'ava';
import { type CliResult, runCli } from '../../../support/cli/cli.js';
import { testUrl, useSchemas } from '../../../support/database.js';
import { anId } from '../../../support/data/factories.js';
import { ADOPTION, printedSteps, STEPS, TABLES } from '../../../support/data/steps.js';

const { knex, aSchema } = useSchemas(test);

/** Runs commands on a schema that nobody else uses. */
function onNewSchema(): {
  schema: string;
  maestro: (...argv: string[]) => Promise<CliResult>;
  tables: () => Promise<string[]>;
} {
  const schema = aSchema();
  return {
    schema,
    maestro: (...argv) => runCli([...argv, '--url', testUrl(), '--schema', schema]),
    tables: async () => {
      const { rows } = await knex.raw<{ rows: { tablename: string }[] }>(
        'SELECT tablename FROM pg_tables WHERE schemaname = ? ORDER BY tablename',
        [schema],
      );
      return rows.map(({ tablename }) => tablename);
    },
  };
}

test('migrate makes the tables, and does nothing the second time', async (t) => {
  const { maestro, tables } = onNewSchema();
  t.deepEqual(await maestro('migrate'), {
    code: 0,
    stdout: printedSteps('applied'),
    stderr: '',
  });
  t.deepEqual(await tables(), TABLES);
  t.deepEqual(await maestro('migrate'), { code: 0, stdout: 'up to date: nothing to do\n', stderr: '' });
});

test('migrate up is migrate, and says what it did in every form', async (t) => {
  const { maestro } = onNewSchema();
  t.deepEqual(JSON.parse((await maestro('migrate', 'up', '-o', 'json')).stdout), { applied: STEPS, adopted: [] });
  t.is((await maestro('migrate', 'up', '-o', 'ndjson')).stdout, '{"applied":[],"adopted":[]}\n');
  t.is((await onNewSchema().maestro('migrate', '-q')).stdout, STEPS.map((step) => `${step}\n`).join(''));
});

test('status tells what is pending before and what is applied after', async (t) => {
  const { schema, maestro, tables } = onNewSchema();
  const before = await maestro('migrate', 'status', '-o', 'json');
  t.deepEqual(JSON.parse(before.stdout), {
    schema,
    steps: STEPS.map((name) => ({ name, state: 'pending', essential: ADOPTION.adopted.includes(name) })),
    faults: [],
    projections: [],
    upToDate: false,
  });
  t.is((await maestro('migrate', 'status', '-q')).stdout, STEPS.map((step) => `${step}\n`).join(''));
  t.is((await maestro('migrate', 'status', '-q', '-o', 'json')).stdout, STEPS.map((step) => `${step}\n`).join(''));
  t.regex((await maestro('migrate', 'status')).stdout, /not up to date\n$/);
  t.deepEqual(await tables(), [], 'looking changes nothing');

  await maestro('migrate');

  const after = JSON.parse((await maestro('migrate', 'status', '-o', 'json')).stdout);
  t.like(after, { schema, partitions: 1, faults: [], upToDate: true });
  for (const [index, step] of after.steps.entries()) {
    t.like(step, { name: STEPS[index], state: 'applied' });
    t.true(Math.abs(Date.parse(step.at) - Date.now()) < 600_000);
  }
  t.is((await maestro('migrate', 'status', '-q')).stdout, '');
  t.regex((await maestro('migrate', 'status')).stdout, new RegExp(`^schema ${schema}, layout plain: up to date$`, 'm'));
});

test('status exits 1 with --exit-code while something is pending, else 0', async (t) => {
  const { maestro } = onNewSchema();
  t.is((await maestro('migrate', 'status')).code, 0);
  t.is((await maestro('migrate', 'status', '--exit-code')).code, 1);
  await maestro('migrate');
  t.is((await maestro('migrate', 'status', '--exit-code')).code, 0);
});

test('what sql prints is what migrate would do, and it does nothing', async (t) => {
  const { schema, maestro, tables } = onNewSchema();
  const { code, stdout } = await maestro('migrate', 'sql');
  t.is(code, 0);
  t.deepEqual(await tables(), []);
  t.is(JSON.parse((await maestro('migrate', 'sql', '-o', 'json')).stdout).sql.trimEnd(), stdout.trimEnd());

  await knex.raw(stdout);

  t.like(JSON.parse((await maestro('migrate', 'status', '-o', 'json')).stdout), { schema, upToDate: true });
  t.is((await maestro('migrate', 'sql')).stdout, '-- up to date: nothing to do\n');
  t.deepEqual(JSON.parse((await maestro('migrate', 'sql', '-o', 'json')).stdout), { sql: '' });
});

test('--partitions makes hash partitions, on which every command works', async (t) => {
  const { maestro, tables } = onNewSchema();
  t.is((await maestro('migrate', '--partitions', '3')).code, 0);
  t.deepEqual(await tables(), [...TABLES, 'event_log_0', 'event_log_1', 'event_log_2'].sort());
  t.regex((await maestro('migrate', 'status')).stdout, /layout 3 partitions: up to date/);

  const id = anId().hex;
  for (const sequence of [1, 2])
    t.deepEqual(
      JSON.parse((await maestro('append', id, '--type', 'a', '--body', `{"n": ${sequence}}`, '-o', 'json')).stdout),
      {
        aggregateId: id,
        sequences: [sequence],
      },
    );
  t.is((await maestro('append', id, '--type', 'a', '--body', '{}', '--expect', '1')).code, 5);
  t.is(JSON.parse((await maestro('events', id, '-o', 'json')).stdout).length, 2);
  t.deepEqual(JSON.parse((await maestro('replay', id, '-o', 'json')).stdout).state, { n: 2 });
  t.is((await maestro('snapshot', 'put', id, '--sequence', '2', '--body', '{}')).code, 0);
  t.is((await maestro('snapshot', 'get', id)).code, 0);
});

test('a layout cannot be changed afterwards', async (t) => {
  const { maestro } = onNewSchema();
  await maestro('migrate');
  const { code, stderr } = await maestro('migrate', '--partitions', '3');
  t.is(code, 2);
  t.regex(stderr, /^error: The event log has the plain layout; it cannot be changed to 3 partitions\.\nhint: /);
  for (const wrong of ['0', '1025', 'many'])
    t.is((await onNewSchema().maestro('migrate', '--partitions', wrong)).code, 2);
});

test('rollback refuses while an event is stored, and takes everything back when told to', async (t) => {
  const { maestro, tables } = onNewSchema();
  await maestro('migrate');
  await maestro('append', 'new', '--type', 'a', '--body', '{}');

  const refused = await maestro('migrate', 'rollback');
  t.is(refused.code, 5);
  t.regex(refused.stderr, /^error: .*event_log; nothing was changed\.\nhint: .*--discard-all-events/);
  t.true((await tables()).includes('event_log'));

  const { code, stdout } = await maestro('migrate', 'rollback', '--discard-all-events');
  t.deepEqual([code, stdout], [0, printedSteps('rolled back', STEPS.toReversed())]);
  t.deepEqual(await tables(), ['maestro_migrations']);
});

test('rollback of empty tables needs no permission, and of nothing does nothing', async (t) => {
  const { maestro } = onNewSchema();
  await maestro('migrate');
  t.deepEqual(JSON.parse((await maestro('migrate', 'rollback', '-o', 'json')).stdout), {
    rolledBack: STEPS.toReversed(),
    forgotten: [],
  });
  t.deepEqual(await maestro('migrate', 'rollback'), { code: 0, stdout: 'nothing to roll back\n', stderr: '' });
  t.is((await maestro('migrate')).code, 0);
});

test('a reader that keeps the tables busy makes rollback exit 5, and nothing is lost', async (t) => {
  const { schema, maestro, tables } = onNewSchema();
  await maestro('migrate');
  const transaction = await knex.transaction();
  try {
    await transaction.raw(`SELECT * FROM "${schema}".event_log`);
    const { code, stderr } = await maestro('migrate', 'rollback', '--discard-all-events', '--lock-timeout', '0.1');
    t.is(code, 5);
    t.regex(stderr, /^error: .*0\.1 s\. .*\nhint: /);
  } finally {
    await transaction.rollback();
  }
  t.deepEqual(await tables(), TABLES);
});

test('runners started together all end well, and one of them migrates', async (t) => {
  const { maestro } = onNewSchema();
  const results = await Promise.all(Array.from({ length: 5 }, () => maestro('migrate', '-o', 'json')));
  t.deepEqual(
    results.map(({ code }) => code),
    Array(5).fill(0),
  );
  const applied = results.map(({ stdout }) => JSON.parse(stdout).applied.length).sort();
  t.deepEqual(applied, [0, 0, 0, 0, STEPS.length]);
});

test('tables of another shape are explained and left alone', async (t) => {
  const { schema, maestro, tables } = onNewSchema();
  await knex.raw(`CREATE SCHEMA "${schema}"`);
  await knex.raw(`CREATE TABLE "${schema}".event_log (id serial PRIMARY KEY, payload text)`);

  const { code, stdout, stderr } = await maestro('migrate');

  t.deepEqual([code, stdout], [5, '']);
  t.regex(
    stderr,
    /^error: The tables are not in the shape of an event store: .*"aggregate_id bytea not null".*\nhint: .*--schema/,
  );
  t.deepEqual(await tables(), ['event_log']);
  const status = await maestro('migrate', 'status', '--exit-code');
  t.is(status.code, 1);
  t.regex(status.stdout, /unknown column "payload/);
});

test('a database that a newer version migrated is not touched', async (t) => {
  const { schema, maestro } = onNewSchema();
  await maestro('migrate');
  await knex.raw(`INSERT INTO "${schema}".maestro_migrations (name, batch) VALUES ('0999_from_the_future', 2)`);

  for (const argv of [['migrate'], ['migrate', 'rollback'], ['migrate', 'sql']]) {
    const { code, stderr } = await maestro(...argv);
    t.is(code, 5, argv.join(' '));
    t.regex(stderr, /^error: .*does not know: 0999_from_the_future\.\nhint: /);
  }
  const status = JSON.parse((await maestro('migrate', 'status', '-o', 'json')).stdout);
  t.like(status, { upToDate: false });
  t.like(status.steps.at(-1), { name: '0999_from_the_future', state: 'unknown' });
});
