import test, { type ExecutionContext } from 'ava';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { switchCopy } from '../../../src/projection/rebuild/switch-copy.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PermissionDeniedError } from '../../../src/store/errors.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aSchemaName, testKnex, useOwnDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { aJournal, seen } from '../../support/projection/journal.js';
import { aReadModel, nextVersion } from '../../support/projection/read-models.js';

// Default privileges hold for a whole database.
const url = useOwnDatabase(test);
const schema = aSchemaName();
const knex = testKnex({ connection: url, searchPath: [schema] });
test.serial.before(() => migrate(knex, { schema }));
test.after.always(() => knex.destroy());

async function aRole(t: ExecutionContext, role: string): Promise<void> {
  await knex.raw(`CREATE ROLE "${role}" LOGIN PASSWORD 'x'`);
  t.teardown(async () => {
    await knex.raw(`DROP OWNED BY "${role}"`);
    await knex.raw(`DROP ROLE "${role}"`);
  });
}

test.serial('a right that was taken from the tables in use does not come back by default privileges', async (t) => {
  const [reads, writes] = [`${schema}_was_reading`, `${schema}_was_writing`] as const;
  for (const role of [reads, writes]) {
    await aRole(t, role);
    // For all schemas: so for the one that a rebuild makes, too.
    await knex.raw(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "${role}"`);
  }
  const model = aReadModel();
  await registerCopy(knex, schema, model);
  const table = `"${schema}"."${model.name}"`;
  await knex.raw(`REVOKE SELECT ON ${table} FROM "${reads}"`);
  await knex.raw(`GRANT UPDATE (events) ON ${table} TO "${reads}"`);
  const next = nextVersion(model);
  const building = await startRebuild(knex, schema, next);
  if (building === undefined) throw new Error('no copy');
  const rights = async (space = schema) => {
    const name = `"${space}"."${model.name}"`;
    const { rows } = await knex.raw<{ rows: { has: unknown }[] }>(
      `SELECT array_to_json(ARRAY[has_table_privilege(?, ?, 'SELECT'), has_table_privilege(?, ?, 'SELECT'),
has_column_privilege(?, ?, 'events', 'UPDATE')]) AS has`,
      [reads, name, writes, name, reads, name],
    );
    return rows[0]?.has;
  };
  t.deepEqual(await rights(), [false, true, true]);
  t.deepEqual(await rights(building.buildSchema), [false, true, true]);
  // And while it is being built.
  await knex.raw(`REVOKE SELECT ON ${table} FROM "${writes}"`);
  await knex.raw(`REVOKE UPDATE (events) ON ${table} FROM "${reads}"`);
  while ((await switchCopy(knex, schema, next, building)) !== 'switched');
  t.deepEqual(await rights(), [false, false, false]);
});

test.serial(
  'a role that may not create is told by its first commit, and commits once somebody else has made the tables',
  async (t) => {
    const role = `${schema}_app`;
    await aRole(t, role);
    await knex.raw(`GRANT USAGE ON SCHEMA "${schema}" TO "${role}"`);
    await knex.raw(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO "${role}"`);
    // For all schemas, also those in which tables are made.
    await knex.raw(`ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "${role}"`);
    const own = Object.assign(new URL(url), { username: role, password: 'x' });
    const poor = testKnex({ connection: own.href, searchPath: [schema] });
    const store = new PostgresStore(poor, { schema });
    const journal = aJournal();
    const id = anId();
    const commit = (sequence: number) => store.commitAll([anEvent(id, { sequence })], [journal.definition]);
    try {
      for (const again of ['the first time', 'again'])
        await t.throwsAsync(
          commit(1),
          { instanceOf: PermissionDeniedError, message: /may not make or replace the tables/ },
          again,
        );
      t.deepEqual(await store.getEvents(id, 1), []);
      await registerCopy(knex, schema, journal.definition);
      for (const sequence of [1, 2]) t.true((await commit(sequence)).ok);
      t.deepEqual(await seen(knex, journal, id), [1, 2]);
    } finally {
      await poor.destroy();
    }
  },
);
