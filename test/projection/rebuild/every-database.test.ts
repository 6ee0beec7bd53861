import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { readCopies } from '../../../src/projection/copies/copy.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { cleanUpRetired } from '../../../src/projection/rebuild/clean-up-retired.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { switchCopy } from '../../../src/projection/rebuild/switch-copy.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { testKnex, testUrl, useEmbeddedDatabase } from '../../support/database.js';
import { aVersion, buildSchemasOf, fill, useReadModels } from '../../support/projection/read-models.js';
import { poolers } from '../../support/servers/pooler.js';

const embedded = useEmbeddedDatabase(test);
const partitioned = useReadModels(test, { partitions: 3 });

/** Makes a read model, rebuilds it, switches and removes the old tables. */
async function rebuilt(
  t: ExecutionContext,
  knex: Knex,
  schema: string,
  name: string,
  tablesIn = schema,
): Promise<void> {
  const database = { knex, schema };
  const [first, second] = [aVersion(name, 1), aVersion(name, 2)];
  const ids = [anId(), anId()];
  for (const id of ids) await new PostgresStore(knex, { schema }).commitEvents(aHistory(id, 3));
  const [live] = await registerCopy(knex, schema, first);
  if (live === undefined) throw new Error('no copy');
  await fill(database, live, first, ids);
  const building = await startRebuild(knex, schema, second);
  if (building === undefined) throw new Error('no copy');
  await fill(database, building, second, ids.slice(1));
  let outcome = '';
  while (outcome !== 'switched') outcome = await switchCopy(knex, schema, second, building);
  const rows = (await knex(name).withSchema(tablesIn).orderBy('id')) as object[];
  t.deepEqual(
    rows,
    ids.map(({ hex }) => ({ id: hex, seen: [1, 2, 3], kind: 'plain', second: true })),
  );
  while ((await cleanUpRetired(knex, schema)) > 0);
  t.deepEqual(
    (await readCopies(knex, schema, [name])).map(({ version, status }) => [version, status]),
    [[2, 'live']],
  );
  t.deepEqual(await buildSchemasOf(knex, schema), []);
}

test.serial('a read model is rebuilt in the embedded database, which has one connection', async (t) => {
  await rebuilt(t, embedded.get().knex, 'public', 'in_process');
});

test.serial('a read model is rebuilt beside a partitioned log', async (t) => {
  await rebuilt(t, partitioned.knex, partitioned.schema, 'beside_partitions');
});

for (const [name, start] of Object.entries(poolers()))
  test.serial(`a read model is rebuilt through ${name}`, async (t) => {
    const pooler = await start(testUrl());
    const knex = testKnex({ connection: Object.assign(new URL(testUrl()), { port: String(pooler.port) }).href });
    const table = `pooled_${partitioned.schema}`;
    t.teardown(async () => {
      await knex.raw(`DROP TABLE IF EXISTS "${table}"`);
      await knex.raw(`DROP TYPE IF EXISTS "${table}_kind"`);
      await knex.destroy();
      await pooler.close();
    });
    // Behind a pooler the search_path is that of the role.
    await rebuilt(t, knex, partitioned.schema, table, 'public');
  });
