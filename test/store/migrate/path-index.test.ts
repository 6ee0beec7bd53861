import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDatabase } from '../../../src/connection/open-database.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { addMetadataIndex, addPathIndex, dropPathIndex } from '../../../src/store/migrate/log-index/change-index.js';
import { indexedPath, pathIndex } from '../../../src/store/migrate/log-index/path-index.js';
import { metadataIndexes, pathIndexes } from '../../../src/store/migrate/log-index/read-indexes.js';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { query } from '../../../src/store/read/rows.js';
import { anEvent } from '../../support/data/factories.js';
import { useSchemas, useTemporaryFolder } from '../../support/database.js';

// An index that is built waits for whoever was at work in the database before.
const { knex, aSchema } = useSchemas(test, { alone: true });
const folder = join(useTemporaryFolder(test), 'data');
const LONG = Array.from({ length: 4000 }, () => Math.random().toString(36).slice(2)).join('');
/** Paths that differ in little, or are long; each has an index of its own. */
const PATHS = [
  '$.a.b',
  '$."a.b"',
  '$.customer',
  '$.Customer',
  '$."$metadata".tenant',
  '$."größe"."of a shoe"',
  `$.${'long'.repeat(20)}.a`,
  `$.${'long'.repeat(20)}.b`,
];

async function aLog(partitions: number): Promise<string> {
  const schema = aSchema();
  await migrate(knex, { schema, partitions });
  return schema;
}

const statesOf = async (schema: string) =>
  (await pathIndexes(knex, { schema })).map(({ path, state }) => [path, state]);

for (const partitions of [1, 3]) {
  const layout = `${partitions} partition${partitions > 1 ? 's' : ''}`;

  test(`each path has an index of its own, which is added, listed and dropped once, with ${layout}`, async (t) => {
    const schema = await aLog(partitions);
    await addMetadataIndex(knex, { schema, key: 'customer' });
    for (const path of PATHS) t.true((await addPathIndex(knex, path, { schema })).changed);
    for (const path of PATHS) t.false((await addPathIndex(knex, path, { schema })).changed);
    const listed = await pathIndexes(knex, { schema });
    t.deepEqual(listed.map(({ path }) => path).sort(), PATHS.toSorted()); // prettier-ignore
    t.true(listed.every(({ state, name, bytes }) => state === 'valid' && name.length <= 50 && bytes > 0));
    t.deepEqual((await metadataIndexes(knex, { schema })).map(({ key }) => key), ['customer']); // prettier-ignore
    t.true((await migrationStatus(knex, { schema })).upToDate);
    t.deepEqual((await migrate(knex, { schema })).applied, []);
    t.deepEqual(await dropPathIndex(knex, '$.customer', { schema }), { name: 'maestro_where_customer', changed: true });
    t.false((await dropPathIndex(knex, '$.customer', { schema })).changed);
    t.is((await pathIndexes(knex, { schema })).length, PATHS.length - 1);
    t.is((await metadataIndexes(knex, { schema })).length, 1);
    t.true((await rollback(knex, { schema })).rolledBack.length > 0);
  });

  test(`no write is refused because of it, with ${layout}: values of any length and any shape`, async (t) => {
    const schema = await aLog(partitions);
    for (const path of ['$.a', '$.a.b']) await addPathIndex(knex, path, { schema });
    const digits = '9'.repeat(5000);
    const values = [JSON.stringify(LONG), digits, `0.${digits}`, '{}', '[]', 'null', 'true', `${'['.repeat(400)}${']'.repeat(400)}`]; // prettier-ignore
    const bodies = values.flatMap((value) => [value, `{"a":${value}}`, `{"a":{"b":${value}}}`, `[{"a":[${value}]}]`]);
    for (const body of bodies) {
      const { aggregateId, timestamp, sequence, type } = anEvent();
      await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, ?, ?::text::jsonb)`, [
        Buffer.from(timestamp.encode()), Buffer.from(aggregateId.encode()), sequence, type, body,
      ]); // prettier-ignore
    }
    const [row] = await query<[number]>(knex, `SELECT count(*)::integer FROM "${schema}".event_log`);
    t.is(row?.[0], bodies.length);
  });

  test(`what a build that was broken off has left is completed or dropped, with ${layout}`, async (t) => {
    const schema = await aLog(partitions);
    const table = partitions > 1 ? 'event_log_1' : 'event_log';
    const events = Array.from({ length: 40 }, () => anEvent(undefined, { body: { customer: 'x' } }));
    await new PostgresStore(knex, { schema }).commitEvents(events);
    await breakOff(t, schema, table);
    t.deepEqual(await statesOf(schema), [['$.customer', 'invalid']]);
    t.true((await addPathIndex(knex, '$.customer', { schema })).changed);
    t.deepEqual(await statesOf(schema), [['$.customer', 'valid']]);
    await dropPathIndex(knex, '$.customer', { schema });
    await breakOff(t, schema, table);
    t.true((await dropPathIndex(knex, '$.customer', { schema })).changed);
    t.deepEqual(await statesOf(schema), []);
  });
}

test('whoever does not own the tables is told which statement to hand over', async (t) => {
  const schema = await aLog(1);
  const role = `index_${schema}`;
  await knex.transaction(async (transaction) => {
    await transaction.raw(`CREATE ROLE "${role}"; GRANT USAGE ON SCHEMA "${schema}" TO "${role}"; SET LOCAL ROLE "${role}"`);
    const error = await t.throwsAsync<Error & { hint?: string }>(addPathIndex(transaction, '$.customer', { schema }), { code: 'MAESTRO_PERMISSION_DENIED' });
    t.regex(error?.hint ?? '', /CREATE INDEX CONCURRENTLY "maestro_where_customer" ON .*IS NOT NULL\. Nothing was changed/);
    await transaction.rollback();
  }).catch(() => {}); // prettier-ignore
});

test('a path that is not that of one value is refused', async (t) => {
  for (const path of ['', '$', '$.a[*].b', '$.a == "x"', `$${'.a'.repeat(9)}`, `$.${'a'.repeat(101)}`, `$."it's"`, '$."a?"', '$."a\\\\b"', '$.""'])
    await t.throwsAsync(addPathIndex(knex, path, { schema: 'public' }), { code: 'MAESTRO_INVALID_ARGUMENT' }, path); // prettier-ignore
});

test('the embedded database has the same index, also on partitions', async (t) => {
  const database = await openDatabase({ dataDir: folder });
  try {
    for (const partitions of [1, 2]) {
      const schema = aSchema();
      await migrate(database.knex, { schema, partitions });
      t.true((await addPathIndex(database.knex, '$.customer', { schema })).changed);
      t.like(await pathIndexes(database.knex, { schema }), [{ path: '$.customer', state: 'valid' }]);
      t.true((await dropPathIndex(database.knex, '$.customer', { schema })).changed);
      t.deepEqual(await pathIndexes(database.knex, { schema }), []);
    }
  } finally {
    await database.close();
  }
});

/** Leaves an invalid index, on a partition one that belongs to no other: a unique one, which cannot be built. */
async function breakOff(t: ExecutionContext, schema: string, table: string): Promise<void> {
  const { name, definition } = pathIndex(indexedPath('$.customer'));
  const own = table === 'event_log' ? name : `${name}$${table.replace('event_log_', '')}`;
  const unique = definition.replace(', "timestamp"', '');
  await t.throwsAsync(async () =>
    knex.raw(`CREATE UNIQUE INDEX CONCURRENTLY "${own}" ON "${schema}"."${table}" ${unique}`),
  );
}
