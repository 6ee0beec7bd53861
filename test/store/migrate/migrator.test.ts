import test from 'ava';
import type { Knex } from 'knex';
import { openEmbedded } from '../../../src/connection/embedded/embedded.js';
import {
  ForeignSchemaError,
  LayoutMismatchError,
  MigrationLockError,
  RollbackRefusedError,
} from '../../../src/store/migrate/migration-errors.js';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { migrate, migrationSql } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { testKnex, testUrl, useSchemas, useTemporaryFolder } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { describeSchema } from '../../support/data/schema-description.js';
import { allSteps, STEPS, TABLES } from '../../support/data/steps.js';

const { knex, aSchema } = useSchemas(test);
const folder = useTemporaryFolder(test);

async function states(schema: string): Promise<string[]> {
  return (await migrationStatus(knex, { schema })).steps.map(({ state }) => state);
}

test('migrating an empty database takes every step, and migrating again none', async (t) => {
  const schema = aSchema();
  t.deepEqual(await states(schema), allSteps('pending'));
  t.deepEqual(await migrate(knex, { schema }), { applied: STEPS, adopted: [] });
  t.deepEqual(await migrate(knex, { schema }), { applied: [], adopted: [] });
  t.like(await migrationStatus(knex, { schema }), { upToDate: true, partitions: 1, faults: [] });
  t.deepEqual(await states(schema), allSteps('applied'));
});

test('nothing but the tables and the bookkeeping is made', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  const tables = (await describeSchema(knex, schema))
    .filter((line) => line.startsWith('r '))
    .map((line) => line.split(' ')[1]);
  t.deepEqual(tables.sort(), TABLES);
});

for (const partitions of [2, 16])
  test(`${partitions} partitions spread the log by aggregate, each with its own index on the timestamp`, async (t) => {
    const schema = aSchema();
    await migrate(knex, { schema, partitions });
    const description = (await describeSchema(knex, schema)).join('\n');
    t.is((await migrationStatus(knex, { schema })).partitions, partitions);
    t.regex(description, /^p event_log HASH \(aggregate_id\)/m);
    t.regex(description, /^event_log event_log_pkey PRIMARY KEY \(aggregate_id, "timestamp"\)$/m);
    for (let number = 0; number < partitions; number += 1) {
      t.true(
        description.includes(`r event_log_${number}  FOR VALUES WITH (modulus ${partitions}, remainder ${number})`),
      );
      t.regex(description, new RegExp(`CREATE UNIQUE INDEX \\S+ ON event_log_${number} USING btree \\("timestamp"\\)`));
    }
  });

for (const partitions of [0, 1.5, 1025, -1, Number.NaN])
  test(`${partitions} partitions are refused`, async (t) => {
    await t.throwsAsync(migrate(knex, { schema: aSchema(), partitions }), { code: 'MAESTRO_INVALID_ARGUMENT' });
  });

test('asking for another number of partitions than there are is refused', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema, partitions: 4 });
  await t.throwsAsync(migrate(knex, { schema, partitions: 8 }), { instanceOf: LayoutMismatchError });
  t.deepEqual(await migrate(knex, { schema, partitions: 4 }), { applied: [], adopted: [] });
  t.deepEqual(await migrate(knex, { schema }), { applied: [], adopted: [] });
});

for (const partitions of [1, 4])
  test(`the SQL that is shown makes the same tables as migrating, with ${partitions} partitions`, async (t) => {
    const [shown, migrated] = [aSchema(), aSchema()];
    const script = await migrationSql(knex, { schema: shown, partitions });
    t.deepEqual(await describeSchema(knex, shown), [], 'showing it changes nothing');
    await knex.raw(script);
    await migrate(knex, { schema: migrated, partitions });
    t.deepEqual(await describeSchema(knex, shown), await describeSchema(knex, migrated));
    t.true((await migrationStatus(knex, { schema: shown })).upToDate);
    t.is(await migrationSql(knex, { schema: shown }), '');
  });

test('the status and the SQL of a database that is not there are those of an empty one', async (t) => {
  t.is(await migrationSql(undefined, { schema: 'other' }), await migrationSql(knex, { schema: 'other' }));
  t.like(await migrationStatus(undefined), { upToDate: false, partitions: undefined });
});

test('the embedded database is migrated like a server', async (t) => {
  const database = await openEmbedded(`${folder}/data`, { schema: 'public' });
  t.teardown(() => database.close());
  t.deepEqual(await migrate(database.knex, { partitions: 2 }), { applied: STEPS, adopted: [] });
  t.like(await migrationStatus(database.knex), { upToDate: true, partitions: 2 });
});

test('rolling back drops empty tables, and they can be made again', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  t.deepEqual(await rollback(knex, { schema }), { rolledBack: STEPS.toReversed(), forgotten: [] });
  t.deepEqual(await states(schema), allSteps('pending'));
  t.deepEqual(await rollback(knex, { schema }), { rolledBack: [], forgotten: [] });
  t.deepEqual(await migrate(knex, { schema, partitions: 2 }), { applied: STEPS, adopted: [] });
});

test('while a rollback waits for a long transaction, others go on', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  const store = new PostgresStore(knex, { schema });
  const long = await knex.transaction();
  await long.raw(`SELECT FROM "${schema}".event_log`);
  const held = await t.throwsAsync(rollback(knex, { schema, discardAllEvents: true, lockTimeout: 1 }));
  t.regex(
    `${held?.message}`,
    /kept the tables locked .*: process \d+.* Nothing was changed/,
    'who only reads is in the way, too',
  );
  const running = rollback(knex, { schema, discardAllEvents: true, lockTimeout: 60_000 });
  await backendWaitingFor(`LOCK TABLE%"${schema}"%`);
  t.true((await store.commitEvents(aHistory(anId(), 2))).ok);
  const error = await t.throwsAsync(rollback(knex, { schema, lockTimeout: 1 }), { instanceOf: MigrationLockError });
  t.regex(error.message, /^Another migration, or another lock on the tables/);
  await long.commit();
  t.like(await running, { rolledBack: STEPS.toReversed() });
});

/** What a store may hold, each with its table. */
const STORED: Readonly<Record<string, (store: PostgresStore) => Promise<unknown>>> = {
  event_log: (store) => store.commitEvents(aHistory(anId(), 1)),
  snapshots: (store) => store.commitSnapshot({ aggregateId: anId(), sequence: 1, body: {} }),
  maestro_commands: (store) => {
    const command = { commandId: 'a', digest: 'a'.repeat(64), firstSequence: 1, lastSequence: 0 };
    return store.commitCommand({ ...command, aggregateId: anId() }, []);
  },
};

for (const [table, put] of Object.entries(STORED))
  test(`rolling back is refused while ${table} holds a row, unless all is to be discarded`, async (t) => {
    const schema = aSchema();
    await migrate(knex, { schema });
    await put(new PostgresStore(knex, { schema }));
    const before = await describeSchema(knex, schema);

    const error = await t.throwsAsync(rollback(knex, { schema }), { instanceOf: RollbackRefusedError });
    t.deepEqual(error.tables, [table]);

    t.deepEqual(await describeSchema(knex, schema), before);
    t.deepEqual(await states(schema), allSteps('applied'));
    await rollback(knex, { schema, discardAllEvents: true });
    t.deepEqual(await states(schema), allSteps('pending'));
  });

/** Waits until a backend of the test server waits for a lock that our schema's migration needs. */
async function backendWaitingFor(pattern: string): Promise<number> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const { rows } = await knex.raw(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ? AND pid <> pg_backend_pid()`,
      [pattern],
    );
    if (rows.length > 0) return rows[0].pid;
  }
  throw new Error(`no backend waits for ${pattern}`);
}

/** A migration that stops in the middle: it waits for a type name that an open transaction has just taken. */
async function stuckMigration(
  schema: string,
): Promise<{ readonly blocker: Knex.Transaction; readonly running: Promise<unknown>; readonly runner: Knex }> {
  await knex.raw(`CREATE SCHEMA "${schema}"`);
  const blocker = await knex.transaction();
  await blocker.raw(`CREATE TABLE "${schema}".snapshots (n integer)`);
  const runner = testKnex({ pool: { min: 0, max: 1 } });
  const running = migrate(runner, { schema, lockTimeout: 30_000 });
  running.catch(() => {});
  return { blocker, running, runner };
}

test('a runner whose backend dies midway leaves nothing behind, and the next one succeeds', async (t) => {
  const schema = aSchema();
  const { blocker, running, runner } = await stuckMigration(schema);
  // Whatever fails here, what it holds would keep the schema from being dropped.
  t.teardown(async () => {
    if (!blocker.isCompleted()) await blocker.rollback();
    await runner.destroy();
  });
  const pid = await backendWaitingFor(`%"${schema}"."snapshots"%`);
  await knex.raw('SELECT pg_terminate_backend(?, 5000)', [pid]);
  await t.throwsAsync(running, { code: 'MAESTRO_CONNECTION_LOST' });
  await blocker.rollback();

  t.deepEqual(await describeSchema(knex, schema), []);
  t.deepEqual(await migrate(knex, { schema }), { applied: STEPS, adopted: [] });
});

const SPOILT: Record<string, { readonly sql: string; readonly names: RegExp }> = {
  'a further column': { sql: 'ALTER TABLE event_log ADD COLUMN extra text', names: /unknown column "extra text"/ },
  'a missing column': { sql: 'ALTER TABLE event_log DROP COLUMN body', names: /no column "body jsonb not null"/ },
  'another type': {
    sql: 'ALTER TABLE event_log ALTER COLUMN body TYPE text',
    names: /no column "body jsonb not null".*unknown column "body text not null"/,
  },
  'a nullable column': {
    sql: 'ALTER TABLE snapshots ALTER COLUMN body DROP NOT NULL',
    names: /unknown column "body jsonb"/,
  },
  'no unique index': {
    sql: 'DROP INDEX aggregate_sequence_index',
    names: /no unique index on \(aggregate_id,sequence\)/,
  },
  'a partial unique index': {
    sql: 'DROP INDEX aggregate_sequence_index; CREATE UNIQUE INDEX ON event_log (aggregate_id, sequence) WHERE sequence > 5',
    names: /no unique index on \(aggregate_id,sequence\)/,
  },
  'no check': {
    sql: 'ALTER TABLE event_log DROP CONSTRAINT sequence',
    names: /no constraint CHECK \(\(sequence > 0\)\)/,
  },
  'another primary key': {
    sql: 'ALTER TABLE event_log DROP CONSTRAINT event_log_pkey; ALTER TABLE event_log ADD PRIMARY KEY (aggregate_id, sequence)',
    names: /primary key of event_log is \(aggregate_id,sequence\), not \(timestamp\)/,
  },
  'a view in its place': {
    sql: 'ALTER TABLE snapshots RENAME TO old; CREATE VIEW snapshots AS SELECT * FROM old',
    names: /^snapshots is a view, not a table$/,
  },
  'a command that is remembered without its digest': {
    sql: 'ALTER TABLE maestro_commands DROP COLUMN digest',
    names: /^maestro_commands has no column "digest bytea not null"$/,
  },
  'a table that inherits from one': {
    sql: 'CREATE TABLE more_events () INHERITS (event_log)',
    names: /the table more_events inherits from event_log/,
  },
};

for (const [name, { sql, names }] of Object.entries(SPOILT))
  test(`tables with ${name} are explained and left alone`, async (t) => {
    const schema = aSchema();
    await migrate(knex, { schema });
    await knex.raw(`SET search_path TO "${schema}"; DROP TABLE maestro_migrations; ${sql}; RESET search_path`);
    const before = await describeSchema(knex, schema);

    const error = await t.throwsAsync(migrate(knex, { schema }), { instanceOf: ForeignSchemaError });

    t.regex(error.differences.join('; '), names);
    t.deepEqual(await describeSchema(knex, schema), before);
    t.regex((await migrationStatus(knex, { schema })).faults.join('; '), names);
  });

test('partitions by something else, or without their timestamp index, are explained', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema, partitions: 2 });
  await knex.raw(`DROP INDEX "${schema}".event_log_1_timestamp_idx`);
  await t.throwsAsync(migrate(knex, { schema }), { message: /event_log_1 has no unique index on \(timestamp\)/ });

  const other = aSchema();
  await migrate(knex, { schema: other });
  await knex.raw(`DROP TABLE "${other}".event_log`);
  await knex.raw(`CREATE TABLE "${other}".event_log ("timestamp" bytea NOT NULL, aggregate_id bytea NOT NULL,
    sequence integer NOT NULL, type varchar(256) NOT NULL, body jsonb NOT NULL,
    PRIMARY KEY (aggregate_id, "timestamp")) PARTITION BY RANGE (aggregate_id)`);
  await t.throwsAsync(migrate(knex, { schema: other }), { message: /partitioned by RANGE \(aggregate_id\)/ });
});

test('a step that was recorded but whose table is gone is explained', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  await knex.raw(`DROP TABLE "${schema}".snapshots`);
  await t.throwsAsync(migrate(knex, { schema }), {
    message: /snapshots is missing although 0002_create_snapshots was applied/,
  });
});

test('further indexes of an operator do no harm', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  await knex.raw(`CREATE INDEX by_type ON "${schema}".event_log (type); DROP TABLE "${schema}".maestro_migrations`);
  t.deepEqual(await migrate(knex, { schema }), { applied: [], adopted: STEPS });
});

test('when there is nothing to do, a role that may only read can migrate', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  const role = `reader_${schema}`;
  await knex.raw(`CREATE ROLE "${role}" LOGIN PASSWORD 'reads'; GRANT USAGE ON SCHEMA "${schema}" TO "${role}";
    GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO "${role}"`);
  const url = new URL(testUrl());
  url.username = role;
  url.password = 'reads';
  const reader = testKnex({ connection: url.href });
  t.deepEqual(await migrate(reader, { schema }), { applied: [], adopted: [] });
  await reader.destroy();
  await knex.raw(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
});

test('names of schemas that are none are refused', async (t) => {
  for (const schema of ['', 'a"b', 'a b', '1a', 'ü'])
    for (const attempt of [
      () => migrate(knex, { schema }),
      () => migrationStatus(knex, { schema }),
      () => rollback(knex, { schema }),
    ])
      await t.throwsAsync(attempt, { code: 'MAESTRO_INVALID_ARGUMENT' });
});
