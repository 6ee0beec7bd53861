import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  addMetadataIndex,
  dropMetadataIndex,
  metadataIndexSql,
} from '../../../src/store/migrate/log-index/change-index.js';
import { metadataIndexes } from '../../../src/store/migrate/log-index/read-indexes.js';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { query } from '../../../src/store/read/rows.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { openDatabase } from '../../../src/connection/open-database.js';
import { useSchemas, useTemporaryFolder } from '../../support/database.js';
import { anEvent } from '../../support/data/factories.js';

// An index that is built waits for whoever was at work in the database before.
const { knex, aSchema } = useSchemas(test, { alone: true });
const folder = join(useTemporaryFolder(test), 'data');
const NAME = 'maestro_metadata_correlationId';
/** What PostgreSQL takes at most as an entry of an index has 2,704 bytes; this is random, so it is not compressed below. */
const LONG = Array.from({ length: 4000 }, () => Math.random().toString(36).slice(2)).join('');

async function aLog(partitions: number): Promise<string> {
  const schema = aSchema();
  await migrate(knex, { schema, partitions });
  return schema;
}

const statesOf = async (schema: string) =>
  (await metadataIndexes(knex, { schema })).map(({ key, state }) => [key, state]);

for (const partitions of [1, 3]) {
  const layout = `${partitions} partition${partitions > 1 ? 's' : ''}`;

  test(`an index is added once, listed, and dropped once, with ${layout}`, async (t) => {
    const schema = await aLog(partitions);
    const script = await metadataIndexSql(knex, 'add', { schema });
    t.regex(script, /CREATE INDEX CONCURRENTLY/);
    t.deepEqual(await statesOf(schema), [], 'a dry run changes nothing');
    t.deepEqual(await addMetadataIndex(knex, { schema }), { name: NAME, changed: true });
    t.deepEqual(await addMetadataIndex(knex, { schema }), { name: NAME, changed: false });
    t.deepEqual(await addMetadataIndex(knex, { schema, key: 'tenant.id' }), {
      name: 'maestro_metadata_tenant.id',
      changed: true,
    });
    t.deepEqual(await statesOf(schema), [['correlationId', 'valid'], ['tenant.id', 'valid']]); // prettier-ignore
    t.is(await metadataIndexSql(knex, 'add', { schema }), '');
    t.true((await migrationStatus(knex, { schema })).upToDate);
    t.deepEqual(await dropMetadataIndex(knex, { schema }), { name: NAME, changed: true });
    t.deepEqual(await dropMetadataIndex(knex, { schema }), { name: NAME, changed: false });
    t.deepEqual(await statesOf(schema), [['tenant.id', 'valid']]);
    t.true((await rollback(knex, { schema })).rolledBack.length > 0);
  });

  test(`no write is refused because of it, with ${layout}: values of any length and any other shape`, async (t) => {
    const schema = await aLog(partitions);
    await addMetadataIndex(knex, { schema });
    const store = new PostgresStore(knex, { schema });
    const values = [LONG, '', 'a'.repeat(3000), '\u{1f3ad}'.repeat(1000), 7, true, null, [LONG], { deep: LONG }];
    for (const correlationId of values)
      t.true((await store.commitEvents([anEvent(undefined, { metadata: { correlationId } })])).ok);
    // As other programs may write: anything at all under the key, and a body that is no object.
    const bodies = [
      '[1]',
      '"text"',
      '7',
      'null',
      '{"$metadata": [1]}',
      '{"$metadata": "text"}',
      `{"$metadata": ${JSON.stringify(LONG)}}`,
    ];
    for (const body of bodies) {
      const { aggregateId, timestamp, sequence, type } = anEvent();
      await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, ?, ?::jsonb)`, [
        Buffer.from(timestamp.encode()), Buffer.from(aggregateId.encode()), sequence, type, body,
      ]); // prettier-ignore
    }
    t.is(await countOf(schema), values.length + bodies.length);
    // What an index on the whole value would do.
    await knex.raw(`CREATE INDEX too_long ON "${schema}".event_log ((body->'$metadata'->>'userId'))`);
    const refused = await t.throwsAsync(store.commitEvents([anEvent(undefined, { metadata: { userId: LONG } })]));
    t.regex(refused?.message ?? '', /index row|exceeds/);
  });

  test(`what a build that was broken off has left is completed, with ${layout}`, async (t) => {
    const schema = await aLog(partitions);
    const table = partitions > 1 ? 'event_log_1' : 'event_log';
    await fillEachPartition(schema);
    if (partitions > 1) await addMetadataIndex(knex, { schema });
    await breakOff(t, schema, table, partitions);
    t.deepEqual(await statesOf(schema), [['correlationId', 'invalid']]);
    const steps: string[] = [];
    const { changed } = await addMetadataIndex(knex, { schema, onStep: (what) => steps.push(what) });
    t.true(changed);
    t.true(steps[0]?.startsWith(partitions > 1 ? 'preparing' : 'dropping'), steps.join('; '));
    t.deepEqual(await statesOf(schema), [['correlationId', 'valid']]);

    await dropMetadataIndex(knex, { schema });
    await breakOff(t, schema, table, partitions);
    t.true((await dropMetadataIndex(knex, { schema })).changed);
    t.deepEqual(await statesOf(schema), []);
  });
}

test('writers go on while an index waits for a long transaction of somebody', async (t) => {
  for (const partitions of [1, 3]) {
    const schema = await aLog(partitions);
    const store = new PostgresStore(knex, { schema });
    const others = await knex.transaction();
    await new PostgresStore(others, { schema }).commitEvents([anEvent()]);
    let isAdded = false;
    const adding = new Promise<unknown>((resolve, reject) => {
      const added = addMetadataIndex(knex, { schema, onStep: resolve });
      added.then(() => (isAdded = true), reject);
    });
    await adding;
    for (let count = 0; count < 10; count += 1) t.true((await store.commitEvents([anEvent()])).ok);
    t.false(isAdded);
    await others.commit();
    // It waits for the one that is at work, and finds nothing left to do.
    t.false((await addMetadataIndex(knex, { schema })).changed);
    t.deepEqual(await statesOf(schema), [['correlationId', 'valid']]);
  }
});

test('a build that the server goes on with after its process was killed is waited for, not begun anew', async (t) => {
  const schema = await aLog(1);
  const others = await knex.transaction();
  await new PostgresStore(others, { schema }).commitEvents([anEvent()]);
  const script = await metadataIndexSql(knex, 'add', { schema });
  const started = Promise.resolve(knex.raw(script.replace(/^--.*$/m, '')));
  while ((await statesOf(schema)).length === 0);
  t.deepEqual(await statesOf(schema), [['correlationId', 'building']]);
  const steps: string[] = [];
  const adding = addMetadataIndex(knex, { schema, onStep: (what) => steps.push(what) });
  await others.commit();
  await started;
  t.false((await adding).changed);
  t.deepEqual(steps, []);
  t.deepEqual(await statesOf(schema), [['correlationId', 'valid']]);
});

test('only the owner of the tables may, and a log has to be there; a key is letters, digits and a few signs', async (t) => {
  const schema = await aLog(1);
  const role = `index_${schema}`;
  await knex.transaction(async (transaction) => {
    await transaction.raw(`CREATE ROLE "${role}"; GRANT USAGE ON SCHEMA "${schema}" TO "${role}"; SET LOCAL ROLE "${role}"`);
    await t.throwsAsync(addMetadataIndex(transaction, { schema }), { code: 'MAESTRO_PERMISSION_DENIED', message: /owner/ });
    await transaction.rollback();
  }).catch(() => {}); // prettier-ignore
  await t.throwsAsync(addMetadataIndex(knex, { schema: aSchema() }), { code: 'MAESTRO_NOT_MIGRATED' });
  for (const key of ['', "a'b", 'a b', 'é', 'a'.repeat(33), 'a$b'])
    await t.throwsAsync(addMetadataIndex(knex, { schema, key }), { code: 'MAESTRO_INVALID_ARGUMENT' });
  const key = 'a'.repeat(32);
  t.true((await addMetadataIndex(knex, { schema, key })).changed);
});

test('the embedded database has the same index, also on partitions', async (t) => {
  const database = await openDatabase({ dataDir: folder });
  try {
    for (const partitions of [1, 2]) {
      const schema = aSchema();
      await migrate(database.knex, { schema, partitions });
      t.true((await addMetadataIndex(database.knex, { schema })).changed);
      t.false((await addMetadataIndex(database.knex, { schema })).changed);
      t.like(await metadataIndexes(database.knex, { schema }), [{ key: 'correlationId', state: 'valid' }]);
      t.true((await dropMetadataIndex(database.knex, { schema })).changed);
      t.deepEqual(await metadataIndexes(database.knex, { schema }), []);
    }
  } finally {
    await database.close();
  }
});

/** One event and more in each partition, so that a build that cannot succeed fails. */
async function fillEachPartition(schema: string): Promise<void> {
  const events = Array.from({ length: 40 }, () => anEvent(undefined, { metadata: { correlationId: 'c' } }));
  await new PostgresStore(knex, { schema }).commitEvents(events);
}

/** Leaves an invalid index: a build that fails because of a duplicate, whose result gets the name and the part of ours. */
async function breakOff(t: ExecutionContext, schema: string, table: string, partitions: number): Promise<void> {
  const name = partitions > 1 ? `${NAME}$1` : NAME;
  if (partitions > 1) await knex.raw(`DROP INDEX IF EXISTS "${schema}"."${NAME}"`);
  await t.throwsAsync(async () =>
    knex.raw(`CREATE UNIQUE INDEX CONCURRENTLY "${name}" ON "${schema}"."${table}" ((1 / (sequence - sequence)))`),
  );
}

async function countOf(schema: string): Promise<number> {
  const [row] = await query<[number]>(knex, `SELECT count(*)::integer FROM "${schema}".event_log`);
  return row?.[0] ?? 0;
}
