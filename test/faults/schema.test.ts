import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { migrationStatus } from '../../src/store/migrate/migration-status.js';
import { migrate, migrationSql } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { useSchemas } from '../support/database.js';
import { aHistory, anId } from '../support/data/factories.js';
import { figure } from '../support/figures.js';
import { describeSchema } from '../support/data/schema-description.js';

/** The tables of every release, as SQL for a schema of this name: see the page beside them. */
const released = new URL('../fixtures/released/', import.meta.url);
const SCHEMA = 'released';
const LAYOUTS = { plain: 1, partitioned: 4 } as const;
const versions = readdirSync(released, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const { knex, aSchema } = useSchemas(test);

function sqlOf(version: string, layout: string): string {
  return readFileSync(new URL(`${version}/${layout}.sql`, released), 'utf8');
}

for (const [layout, partitions] of Object.entries(LAYOUTS)) {
  for (const version of versions)
    test(`what ${version} made is, once migrated, what is made fresh, with every row, ${layout} layout`, async (t) => {
      const [old, fresh] = [aSchema(), aSchema()];
      await migrate(knex, { schema: fresh, partitions });
      await knex.raw(sqlOf(version, layout).replaceAll(`"${SCHEMA}"`, `"${old}"`).replaceAll('?', '\\?'));
      const history = aHistory(anId(), 5);
      for (const { timestamp, aggregateId, sequence, type, body } of history)
        await knex.raw(`INSERT INTO "${old}".event_log VALUES (?, ?, ?, ?, ?::text::jsonb)`, [
          timestamp.encode(),
          aggregateId.encode(),
          sequence,
          type,
          JSON.stringify(body),
        ]);
      const id = history[0]?.aggregateId ?? anId();
      await knex.raw(`INSERT INTO "${old}".snapshots VALUES (?, 4, '{"n": 4}')`, [id.encode()]);

      await migrate(knex, { schema: old });

      const [made, wanted] = [await describeSchema(knex, old), await describeSchema(knex, fresh)];
      t.deepEqual(made, wanted);
      t.like(await migrationStatus(knex, { schema: old }), { upToDate: true, partitions, faults: [] });
      const store = new PostgresStore(knex, { schema: old });
      t.deepEqual(await store.getEvents(id, 1), history);
      t.deepEqual(await store.getSnapshot(id, 1), { aggregateId: id, sequence: 4, body: { n: 4 } });
      t.true((await store.commitEvents(aHistory(anId(), 2))).ok);
      const differences = made.filter((line) => !wanted.includes(line)).length;
      figure(
        `schema of ${version} migrated, ${layout}`,
        `${wanted.length} facts of the catalog, ${differences} different`,
      );
    });

  test(`no released step has changed: this version makes all that earlier ones did, first, ${layout} layout`, async (t) => {
    const current = await migrationSql(undefined, { schema: SCHEMA, partitions });
    for (const version of versions) {
      const steps = sqlOf(version, layout).replace(/\nCOMMIT;\n$/, '');
      t.is(current.slice(0, steps.length), steps, `${version} made something else`);
    }
  });

  test(`the tables of the version in package.json are kept for later ones, ${layout} layout`, async (t) => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    t.true(versions.includes(version), `see ${released.pathname}README.md`);
    t.is(sqlOf(version, layout), await migrationSql(undefined, { schema: SCHEMA, partitions }));
  });
}
