import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { migrate, migrationSql } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { testKnex, useSchemas } from '../../support/database.js';
import { dumpedEvents, loadElixirFixture } from '../../support/data/elixir-fixture.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { describeSchema } from '../../support/data/schema-description.js';
import { ADOPTION, STEPS } from '../../support/data/steps.js';

const { knex, aSchema } = useSchemas(test);

/** A schema with the tables and rows of an Elixir Maestro database, in its plain layout. */
async function elixirDatabase(): Promise<string> {
  const schema = aSchema();
  await loadElixirFixture(knex, schema);
  return schema;
}

/** The same rows in Elixir Maestro's partitioned layout. */
async function partitionedElixirDatabase(): Promise<string> {
  const schema = await elixirDatabase();
  await knex.raw(`SET search_path TO "${schema}";
    ALTER TABLE event_log RENAME TO plain_log;
    CREATE TABLE event_log (
      "timestamp" bytea NOT NULL, CONSTRAINT hlc_field_timestamp_size CHECK (length("timestamp") = 16),
      aggregate_id bytea NOT NULL, CONSTRAINT hlc_field_aggregate_id_size CHECK (length(aggregate_id) = 16),
      sequence integer NOT NULL, CONSTRAINT sequence CHECK (sequence > 0),
      type varchar(256) NOT NULL, body jsonb NOT NULL, PRIMARY KEY (aggregate_id, "timestamp")
    ) PARTITION BY HASH (aggregate_id);
    ${[0, 1, 2]
      .map(
        (n) => `CREATE TABLE event_log_${n} PARTITION OF event_log FOR VALUES WITH (MODULUS 3, REMAINDER ${n});
                CREATE UNIQUE INDEX ON event_log_${n} ("timestamp");`,
      )
      .join('\n')}
    INSERT INTO event_log SELECT * FROM plain_log;
    DROP TABLE plain_log;
    CREATE UNIQUE INDEX aggregate_sequence_index ON event_log (aggregate_id, sequence);
    RESET search_path`);
  return schema;
}

/** Objects of the schema besides those that Maestro adds. */
async function others(schema: string): Promise<string[]> {
  return (await describeSchema(knex, schema)).filter((line) => !/\bmaestro_/.test(line));
}

async function rowsOf(schema: string, table: string): Promise<unknown[]> {
  return await knex.select('*').from(table).withSchema(schema).orderByRaw('1');
}

for (const [layout, create] of Object.entries({ plain: elixirDatabase, partitioned: partitionedElixirDatabase })) {
  test(`tables that Elixir Maestro made are adopted unchanged, ${layout} layout`, async (t) => {
    const schema = await create();
    const tables = ['event_log', 'snapshots', 'named_aggregates', 'schema_migrations'];
    const before = await others(schema);
    const rowsBefore = await Promise.all(tables.map((table) => rowsOf(schema, table)));
    t.false((await migrationStatus(knex, { schema })).upToDate);

    t.deepEqual(await migrate(knex, { schema }), ADOPTION);

    t.deepEqual(await others(schema), before);
    t.deepEqual(await Promise.all(tables.map((table) => rowsOf(schema, table))), rowsBefore);
    const status = await migrationStatus(knex, { schema });
    t.like(status, { upToDate: true, partitions: layout === 'plain' ? 1 : 3 });
    t.deepEqual(
      status.steps.map(({ state }) => state),
      STEPS.map((step) => (ADOPTION.adopted.includes(step) ? 'adopted' : 'applied')),
    );
    t.deepEqual(await migrate(knex, { schema }), { applied: [], adopted: [] });
  });

  test(`rolling back forgets adopted tables and keeps them with every row, ${layout} layout`, async (t) => {
    const schema = await create();
    await migrate(knex, { schema });
    const before = await others(schema);

    t.deepEqual(await rollback(knex, { schema }), { rolledBack: ADOPTION.applied.toReversed(), forgotten: [] });
    t.deepEqual(await rollback(knex, { schema, discardAllEvents: true }), {
      rolledBack: [],
      forgotten: ADOPTION.adopted.toReversed(),
    });

    t.deepEqual(await others(schema), before);
    t.is((await rowsOf(schema, 'event_log')).length, dumpedEvents().length);
    t.deepEqual(await migrate(knex, { schema }), ADOPTION);
  });

  test(`on adopted tables events are read and written, and a taken sequence is a conflict, ${layout} layout`, async (t) => {
    const schema = await create();
    await migrate(knex, { schema });
    const store = new PostgresStore(knex, { schema });
    const id = Timestamp.parse('01a207704b0c0000deadbeefcafef00d');
    t.is((await store.getEvents(id, 1)).length, 63);
    t.deepEqual(await store.commitEvents(aHistory(id, 63)), { ok: false, error: 'retry_command' });
    t.true((await store.commitEvents(aHistory(anId(), 3))).ok);
  });
}

test('Maestro’s own plain tables are exactly those that Elixir Maestro makes', async (t) => {
  const elixir = await elixirDatabase();
  const own = aSchema();
  await migrate(knex, { schema: own });
  const ofTheStore = (lines: string[]) => lines.filter((line) => /\b(event_log|snapshots)\b/.test(line));
  t.deepEqual(ofTheStore(await others(own)), ofTheStore(await others(elixir)));
});

test('the SQL that is shown for adoption only adds the tables that are Maestro’s alone', async (t) => {
  const schema = await elixirDatabase();
  const script = await migrationSql(knex, { schema });
  t.notRegex(
    script,
    /CREATE TABLE(?! "\w+"\."maestro_\w+")|CREATE UNIQUE INDEX(?! ON "\w+"\."maestro_\w+")|ALTER|DROP/,
  );
  await knex.raw(script);
  t.true((await migrationStatus(knex, { schema })).upToDate);
});

test('a writer that goes on during adoption is neither refused nor stopped', async (t) => {
  const schema = await elixirDatabase();
  const writer = testKnex({ pool: { min: 0, max: 1 } });
  const open = await writer.transaction();
  const [event] = aHistory(anId(), 1);
  const insert = `INSERT INTO "${schema}".event_log VALUES (?, ?, ?, ?, ?::text::jsonb)`;
  await open.raw(insert, [event?.timestamp.encode() ?? '', event?.aggregateId.encode() ?? '', 1, 'written', '{}']);

  t.deepEqual(await migrate(knex, { schema, lockTimeout: 5000 }), ADOPTION);

  await open.commit();
  await writer.destroy();
  t.is((await rowsOf(schema, 'event_log')).length, dumpedEvents().length + 1);
});
