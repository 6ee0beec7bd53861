import test from 'ava';
import { migrate, migrationSql } from '../../../../src/store/migrate/migrator.js';
import { migrationStatus } from '../../../../src/store/migrate/migration-status.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { useCitusFunctions } from '../../../support/citus-functions.js';
import { testKnex } from '../../../support/database.js';
import { aHistory, anId } from '../../../support/data/factories.js';
import { TABLES } from '../../../support/data/steps.js';

const { knex, url, aSchema } = useCitusFunctions(test);

const online = { citus: true, online: true, shardCount: 4 } as const;

/** Tables of an application that has written something. */
async function inUse(schema = aSchema()): Promise<string> {
  await migrate(knex, { schema });
  const store = new PostgresStore(knex, { schema });
  await store.commitEvents(aHistory(anId(), 3));
  await store.commitSnapshot({ aggregateId: anId(), sequence: 1, body: {} });
  return schema;
}

class Killed extends Error {}

test('wherever it is broken off, the next run goes on, and meanwhile status and other migrations name it', async (t) => {
  const schema = await inUse();
  const taken: string[] = [];
  const conversions: (string | undefined)[] = [];
  for (let isDone = false; !isDone;) {
    // Each run comes one step further.
    let steps = 0;
    const run = migrate(knex, {
      ...online,
      schema,
      onStep: (what) => {
        steps += 1;
        if (steps === 2) throw new Killed();
        taken.push(what);
      },
    });
    isDone = await run.then(
      () => true,
      (error: unknown) => {
        t.true(error instanceof Killed || (error as Error).cause instanceof Killed, String(error));
        return false;
      },
    );
    const { conversion, faults, upToDate } = await migrationStatus(knex, { schema });
    conversions.push(conversion);
    t.is(upToDate, conversion === undefined || conversion === 'prepared');
    if (conversion === 'unfinished') t.regex(faults[0] ?? '', /`maestro migrate --citus --online` goes on/);
    if (conversion === 'unfinished' && conversions.at(-2) !== 'unfinished')
      for (const other of [{}, { citus: true }])
        await t.throwsAsync(migrate(knex, { schema, ...other }), {
          code: 'MAESTRO_FOREIGN_SCHEMA',
          message: /being spread/,
        });
  }
  t.is(new Set(taken).size, taken.length, 'no step twice');
  t.deepEqual([...new Set(conversions)], ['prepared', 'unfinished', undefined]);
  t.like(await migrationStatus(knex, { schema }), { layout: { kind: 'citus', parts: 4 }, faults: [] });
  t.deepEqual(await migrate(knex, { ...online, schema }), { applied: [], adopted: [] });
  const { rows } = await knex.raw<{ rows: { count: string }[] }>(
    `SELECT count(*) FROM "${schema}".event_log_in_shards UNION ALL SELECT count(*) FROM "${schema}".snapshots_in_shards
UNION ALL SELECT pg_relation_size('"${schema}".snapshots')`,
  );
  t.deepEqual(
    rows.map(({ count }) => count),
    ['3', '1', '0'],
  );
});

test('a run by itself takes all steps, and tells the tables; a script of them is the same', async (t) => {
  const schema = await inUse();
  const script = await migrationSql(knex, { ...online, schema });
  const { distributed } = await migrate(knex, { ...online, schema });
  t.deepEqual(
    distributed?.toSorted(),
    TABLES.filter((table) => table !== 'maestro_migrations'),
  );
  const other = await inUse();
  for (const statement of script
    .replaceAll(schema, other)
    .split(';\n')
    .filter((sql) => sql.trim() !== ''))
    await knex.raw(statement);
  t.like(await migrationStatus(knex, { schema: other }), { layout: { kind: 'citus', parts: 4 }, upToDate: true });
});

test('an index that a killed process has left half built is built anew', async (t) => {
  const schema = await inUse();
  await knex.raw(`CREATE UNIQUE INDEX event_log_place ON "${schema}".event_log (type)`).catch(() => {});
  await knex.raw(`CREATE UNIQUE INDEX CONCURRENTLY event_log_place ON "${schema}".event_log (type)`).catch(() => {});
  const taken: string[] = [];
  await migrate(knex, { ...online, schema, onStep: (what) => void taken.push(what) });
  t.is(taken[0], 'drop the index that an earlier attempt has left unfinished');
  t.true((await migrationStatus(knex, { schema })).upToDate);
});

test('what a distributed table cannot have is named before anything is done', async (t) => {
  const schema = await inUse();
  await knex.raw(`CREATE FUNCTION "${schema}".noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`);
  await knex.raw(`CREATE TRIGGER noted AFTER INSERT ON "${schema}".event_log EXECUTE FUNCTION "${schema}".noted()`);
  await knex.raw(
    `CREATE TABLE "${schema}".bookmarks (at bytea CONSTRAINT marked REFERENCES "${schema}".event_log ("timestamp"))`,
  );
  const script = await migrationSql(knex, { ...online, schema });
  await t.throwsAsync(migrate(knex, { ...online, schema }), {
    code: 'MAESTRO_LAYOUT_MISMATCH',
    message: `A table on a Citus cluster cannot have the foreign key marked of ${schema}.bookmarks, the trigger noted on ${schema}.event_log.`,
  });
  t.is(await migrationSql(knex, { ...online, schema }), script);
});

test('a coordinator whose log cannot be read by replication is named', async (t) => {
  const schema = await inUse();
  const replica = testKnex({ connection: `${url}?options=-c%20stand_in.wal_level%3Dreplica` });
  t.teardown(() => replica.destroy());
  await t.throwsAsync(migrate(replica, { ...online, schema }), {
    code: 'MAESTRO_CLUSTER_NOT_READY',
    message: 'Tables cannot be spread while they are used: wal_level is replica on 10.0.0.1:5432, not logical.',
  });
});

test('partitions are not spread', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema, partitions: 2 });
  await t.throwsAsync(migrate(knex, { ...online, schema }), { code: 'MAESTRO_LAYOUT_MISMATCH' });
});

test('tables that are not there are made in shards at once', async (t) => {
  const schema = aSchema();
  const { applied } = await migrate(knex, { ...online, schema });
  t.true(applied.length > 0);
  t.like(await migrationStatus(knex, { schema }), { layout: { kind: 'citus', parts: 4 }, upToDate: true });
});
