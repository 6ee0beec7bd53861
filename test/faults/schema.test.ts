import { readFileSync } from 'node:fs';
import test from 'ava';
import { migrations } from '../../migrations/index.js';
import { migrationStatus } from '../../src/store/migrate/migration-status.js';
import { migrate, migrationSql } from '../../src/store/migrate/migrator.js';
import { rollback } from '../../src/store/migrate/rollback.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { useSchemas } from '../support/database.js';
import { STEPS } from '../support/data/steps.js';
import { RELEASED_SCHEMA, releasedSql, releasedVersions } from '../support/data/released.js';
import { aHistory, anId } from '../support/data/factories.js';
import { figure } from '../support/figures.js';
import { describeSchema } from '../support/data/schema-description.js';

const LAYOUTS = { plain: 1, partitioned: 4 } as const;
type Layout = keyof typeof LAYOUTS;

const { knex, aSchema } = useSchemas(test);

/** A schema with the tables of a version, and an aggregate with a snapshot in them. */
async function releasedDatabase(version: string, layout: Layout) {
  const schema = aSchema();
  await knex.raw(releasedSql(version, layout, schema).replaceAll('?', '\\?'));
  const history = aHistory(anId(), 5);
  for (const { timestamp, aggregateId, sequence, type, body } of history)
    await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, ?, ?::text::jsonb)`, [
      timestamp.encode(),
      aggregateId.encode(),
      sequence,
      type,
      JSON.stringify(body),
    ]);
  const id = history[0]?.aggregateId ?? anId();
  await knex.raw(`INSERT INTO "${schema}".snapshots VALUES (?, 4, '{"n": 4}')`, [id.encode()]);
  return { schema, history, id };
}

/** The steps that a script records. */
function takenBy(sql: string): string[] {
  return STEPS.filter((step) => sql.includes(`'${step}'`));
}

const root = new URL('../../', import.meta.url);
/** The changes since the last release, in the changelog; empty when there are none. */
const [, unreleased = ''] =
  /^## Unreleased\n([\s\S]*?)^## /m.exec(readFileSync(new URL('CHANGELOG.md', root), 'utf8')) ?? [];

for (const [layout, partitions] of Object.entries(LAYOUTS) as [Layout, number][]) {
  for (const version of releasedVersions) {
    test(`what ${version} made is, once migrated, what is made fresh, with every row, ${layout} layout`, async (t) => {
      const fresh = aSchema();
      await migrate(knex, { schema: fresh, partitions });
      const { schema, history, id } = await releasedDatabase(version, layout);

      await migrate(knex, { schema });

      const [made, wanted] = [await describeSchema(knex, schema), await describeSchema(knex, fresh)];
      t.deepEqual(made, wanted);
      t.like(await migrationStatus(knex, { schema }), { upToDate: true, partitions, faults: [] });
      const store = new PostgresStore(knex, { schema });
      t.deepEqual(await store.getEvents(id, 1), history);
      t.deepEqual(await store.getSnapshot(id, 1), { aggregateId: id, sequence: 4, body: { n: 4 } });
      t.true((await store.commitEvents(aHistory(anId(), 2))).ok);
      const command = { aggregateId: id, commandId: 'a', digest: 'a'.repeat(64), firstSequence: 6, lastSequence: 5 };
      t.true((await store.commitCommand(command, [])).ok);
      const differences = made.filter((line) => !wanted.includes(line)).length;
      figure(
        `schema of ${version} migrated, ${layout}`,
        `${wanted.length} facts of the catalog, ${differences} different`,
      );
    });

    test(`on what ${version} made, events and snapshots are read and written before it is migrated, ${layout} layout`, async (t) => {
      const { schema, history, id } = await releasedDatabase(version, layout);
      const store = new PostgresStore(knex, { schema });
      t.deepEqual(await store.getEvents(id, 1), history);
      t.is(await store.commitSnapshot({ aggregateId: id, sequence: 5, body: { n: 5 } }), 'committed');
      const command = { aggregateId: id, commandId: 'a', digest: 'a'.repeat(64), firstSequence: 6, lastSequence: 5 };
      // In one group, in which only the command needs a table that is not there.
      const writes = await Promise.allSettled([
        store.commitEvents(aHistory(anId(), 2)),
        store.commitCommand(command, []),
        store.commitEvents(aHistory(anId(), 2)),
      ]);
      t.deepEqual(
        writes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      await t.throwsAsync(store.getCommand(id, 'a'), { code: 'MAESTRO_NOT_MIGRATED', message: /maestro_commands/ });
      const taken = takenBy(releasedSql(version, layout));
      t.like(await migrationStatus(knex, { schema }), { upToDate: false, partitions, faults: [] });
      t.deepEqual(
        (await migrationStatus(knex, { schema })).steps.map(({ name, state }) => [name, state]),
        STEPS.map((step) => [step, taken.includes(step) ? 'applied' : 'pending']),
      );
    });

    test(`rolling back what was added to what ${version} made leaves that as it was, ${layout} layout`, async (t) => {
      const { schema, history, id } = await releasedDatabase(version, layout);
      const before = await describeSchema(knex, schema);
      const { applied } = await migrate(knex, { schema });
      t.deepEqual(await rollback(knex, { schema }), { rolledBack: applied.toReversed(), forgotten: [] });
      t.deepEqual(await describeSchema(knex, schema), before);
      t.deepEqual(await new PostgresStore(knex, { schema }).getEvents(id, 1), history);
    });
  }

  test(`no released step has changed: this version makes all that earlier ones did, first, ${layout} layout`, async (t) => {
    const current = await migrationSql(undefined, { schema: RELEASED_SCHEMA, partitions });
    for (const version of releasedVersions) {
      const steps = releasedSql(version, layout).replace(/\nCOMMIT;\n$/, '');
      t.is(current.slice(0, steps.length), steps, `${version} made something else`);
    }
  });

  test(`the tables of the version in package.json are kept for later ones, and what is made beyond them is unreleased, ${layout} layout`, (t) => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
    t.true(releasedVersions.includes(version), 'see test/fixtures/released/README.md');
    const taken = takenBy(releasedSql(version, layout));
    for (const { name, tables } of migrations.filter((step) => !taken.includes(step.name)))
      for (const table of tables)
        t.true(unreleased.includes(`\`${table}\``), `${name} is not in ${version}, and ${table} not under Unreleased`);
  });
}
