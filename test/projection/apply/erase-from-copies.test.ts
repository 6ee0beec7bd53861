import test from 'ava';
import type { Knex } from 'knex';
import { eraseAggregate } from '../../../src/admin/erase-aggregate/erase-aggregate.js';
import { readModelEraser } from '../../../src/cli/commands/erase/read-model-eraser.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { eraseFromCopies } from '../../../src/projection/apply/erase-from-copies.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import type { ReadModelDefinition } from '../../../src/projection/definition.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { aSchemaName, testKnex } from '../../support/database.js';
import { aReadModel, fill, useReadModels } from '../../support/projection/read-models.js';

const database = useReadModels(test);
const { schema, knex } = database;
// Where a session of another search_path has put its tables, and where the migrations of the application have.
const [elsewhere, second] = [aSchemaName(), aSchemaName()];

test.before(() => knex.raw('CREATE SCHEMA ??; CREATE SCHEMA ??', [elsewhere, second]));
test.after.always(() => knex.raw('DROP SCHEMA IF EXISTS ??, ?? CASCADE', [elsewhere, second]));

/** A read model that removes an aggregate from a table, its own if no other is named. */
function anErasable(name: string, table = name): ReadModelDefinition {
  return aReadModel({
    name,
    erased: async (id, trx) => {
      await trx(table).where({ id: id.hex }).delete();
    },
  });
}

/** Runs something with sessions that find names in these schemas. */
async function withPath<T>(searchPath: readonly string[], run: (on: Knex) => Promise<T>): Promise<T> {
  const on = testKnex({ searchPath: [...searchPath] });
  try {
    return await run(on);
  } finally {
    await on.destroy();
  }
}

async function registered(on: Knex, model: ReadModelDefinition, id: Timestamp): Promise<void> {
  const [copy] = await registerCopy(on, schema, model);
  if (copy === undefined) throw new Error('no copy');
  await fill({ knex: on, schema }, copy, model, [id]);
}

/** The ids in a table, by schema. */
async function idsIn(place: string, table: string): Promise<string[]> {
  return await knex(table).withSchema(place).pluck('id');
}

async function aLookAlike(place: string, table: string, id: Timestamp): Promise<void> {
  await knex.raw('CREATE TABLE ??.?? (id text, events integer)', [place, table]);
  await knex(table).withSchema(place).insert({ id: id.hex, events: 1 });
}

async function anAggregate(): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 2));
  return id;
}

test.serial('tables are reached where they are, whatever the search_path of whoever erases', async (t) => {
  const id = await anAggregate();
  const model = anErasable('owners');
  await withPath([elsewhere], (on) => registered(on, model, id));
  await aLookAlike(schema, model.name, id);
  t.deepEqual(await idsIn(elsewhere, model.name), [id.hex]);

  const done = await withPath([schema, second], (on) =>
    eraseAggregate({ knex: on, schema }, { aggregateId: id, readModels: readModelEraser([model], schema) }),
  );
  t.like(done.projections, [{ name: model.name, covered: true }]);
  t.deepEqual(await idsIn(elsewhere, model.name), []);
  t.deepEqual(await idsIn(schema, model.name), [id.hex], 'a table of the same name that is not of the projection');
});

test.serial(
  'each projection finds names as it does when it takes in events, not by the path of the one before',
  async (t) => {
    const id = await anAggregate();
    const [before, migrated] = [anErasable('a_before'), anErasable('b_migrated', 'customers')];
    await withPath([elsewhere], (on) => registered(on, before, id));
    await aLookAlike(elsewhere, 'customers', id);
    await aLookAlike(second, 'customers', id);
    const path = [schema, second];
    const ofMigrations = { ...migrated, setUp: undefined, project: () => {} };
    await withPath(path, (on) => registered(on, ofMigrations, id));

    await withPath(path, (on) =>
      on.transaction(async (trx) => {
        const now = async () => (await trx.raw<{ rows: unknown[] }>('SHOW search_path')).rows;
        const asItWas = await now();
        await eraseFromCopies(trx, schema, [before, ofMigrations], id);
        t.deepEqual(await now(), asItWas);
      }),
    );
    t.deepEqual(await idsIn(elsewhere, before.name), []);
    t.deepEqual(await idsIn(second, 'customers'), []);
    t.deepEqual(await idsIn(elsewhere, 'customers'), [id.hex]);
  },
);
