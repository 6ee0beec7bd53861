import test from 'ava';
import type { Knex } from 'knex';
import { exportLog } from '../../../../src/admin/transfer/export-log.js';
import { layoutName } from '../../../../src/store/layout/layout.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { migrationStatus } from '../../../../src/store/migrate/migration-status.js';
import { changeLayout } from '../../../../src/store/migrate/relayout/change-layout.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { aHistory, anId } from '../../../support/data/factories.js';
import { useSchemas } from '../../../support/database.js';

// A switch waits for whoever reads in the database.
const { knex, aSchema } = useSchemas(test, { alone: true });

async function aLog(partitions: number): Promise<string> {
  const schema = aSchema();
  await migrate(knex, { schema, partitions });
  const store = new PostgresStore(knex, { schema });
  for (let each = 0; each < 20; each += 1) await store.commitEvents(aHistory(anId(), 5));
  return schema;
}

const digestOf = async (on: Knex, schema: string) =>
  (await exportLog({ knex: on, schema }, {}, () => Promise.resolve())).sha256;
const layoutOf = async (schema: string) => {
  const { layout, upToDate, faults } = await migrationStatus(knex, { schema });
  return [layout && layoutName(layout), upToDate, faults];
};

test('a log is laid out in partitions, in more and in fewer of them, and as one table again, and holds the same', async (t) => {
  const schema = await aLog(1);
  const digest = await digestOf(knex, schema);
  const shape = await catalogOf(schema);
  for (const partitions of [4, 7, 3, 1]) {
    const report = await changeLayout(knex, { schema, partitions });
    t.like(report, { changed: true, layout: { parts: partitions }, compared: { events: 100 } });
    t.deepEqual(await layoutOf(schema), [partitions === 1 ? 'plain' : `${partitions} partitions`, true, []]);
    t.is(await digestOf(knex, schema), digest);
    t.deepEqual(await changeLayout(knex, { schema, partitions }), { layout: report.layout, changed: false });
    const fresh = aSchema();
    await migrate(knex, { schema: fresh, partitions });
    t.deepEqual(await catalogOf(schema), await catalogOf(fresh), 'it is what a migration makes');
  }
  t.deepEqual(await catalogOf(schema), shape);
});

/** The tables and indexes of a schema and the definitions of their constraints, without its name. */
async function catalogOf(schema: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { text: string }[] }>(
    `SELECT replace(text, ?, '') AS text FROM (
SELECT pg_get_indexdef(oid) AS text, relnamespace FROM pg_class WHERE relkind IN ('i', 'I')
UNION ALL SELECT relname || ' ' || relkind::text || ' ' || coalesce(pg_get_expr(relpartbound, oid), '') || coalesce(pg_get_partkeydef(oid), ''), relnamespace FROM pg_class
UNION ALL SELECT conname || ' on ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid), connamespace FROM pg_constraint
UNION ALL SELECT tgname || ' on ' || tgrelid::regclass, c.relnamespace FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid
) AS found WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?) ORDER BY 1`,
    [`${schema}.`, schema],
  );
  return rows.map(({ text }) => text);
}
