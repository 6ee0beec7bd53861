import test from 'ava';
import type { Knex } from 'knex';
import { readCopies, withCopyPath } from '../../../src/projection/copies/copy.js';
import { ReadModelSetUpError } from '../../../src/projection/copies/errors.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import type { SubscriptionDefinition } from '../../../src/projection/definition.js';
import { PermissionDeniedError } from '../../../src/store/errors.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { ONE_AT_A_TIME, testKnex, testUrl } from '../../support/database.js';
import { aReadModel, Counter, useReadModels } from '../../support/projection/read-models.js';

const database = useReadModels(test);
const { schema, knex } = database;

function aSubscription(name: string, startAt: SubscriptionDefinition['startAt']): SubscriptionDefinition {
  return { kind: 'subscription', name, version: 1, from: [Counter], startAt, handle: () => {}, file: undefined };
}

/** Kind and name of all that a schema has, besides the tables of the store. */
async function relations(of: string, like: string): Promise<string[]> {
  const sql = `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(?)) AND relname LIKE ? ORDER BY relname`;
  return (await knex.raw<{ rows: { relname: string }[] }>(sql, [of, like])).rows.map(({ relname }) => relname);
}

async function buildSchemas(): Promise<number> {
  const sql = `SELECT FROM pg_namespace WHERE nspname LIKE ?`;
  return (await knex.raw<{ rows: unknown[] }>(sql, [`maestro\\_build\\_${schema}\\_%`])).rows.length;
}

test.serial('registerCopy() makes the tables where names without a schema are found, once', async (t) => {
  let runs = 0;
  const model = aReadModel();
  const counted = { ...model, setUp: (trx: Knex.Transaction) => ((runs += 1), model.setUp?.(trx)) };

  const [copy, ...others] = await registerCopy(knex, schema, counted);
  const [again] = await registerCopy(knex, schema, counted);

  t.deepEqual(again, copy);
  t.is(runs, 1);
  t.deepEqual(others, []);
  t.like(copy, {
    name: model.name,
    version: 1,
    kind: 'projection',
    status: 'live',
    liveSchema: schema,
    buildSchema: undefined,
    tables: [model.name],
    switchedAt: undefined,
  });
  t.deepEqual(await relations(schema, `${model.name}%`), [model.name, `${model.name}_pkey`]);
  t.is(await buildSchemas(), 0);
});

test.serial('processes that register at the same moment make one copy', async (t) => {
  let runs = 0;
  const model = aReadModel();
  const counted = { ...model, setUp: (trx: Knex.Transaction) => ((runs += 1), model.setUp?.(trx)) };
  const all = await Promise.all(Array.from({ length: 8 }, () => registerCopy(knex, schema, counted)));
  t.is(new Set(all.map(([copy]) => copy?.id)).size, 1);
  t.is(runs, 1);
});

test.serial('everything that setUp makes comes along and works', async (t) => {
  await knex.raw('CREATE TABLE clients (id integer PRIMARY KEY)');
  await knex.raw('INSERT INTO clients VALUES (1)');
  const model = aReadModel({
    setUp: async (trx) => {
      await trx.raw(`CREATE TYPE mood AS ENUM ('glad', 'sad')`);
      await trx.raw('CREATE DOMAIN positive AS integer CHECK (value > 0)');
      await trx.raw('CREATE TYPE pair AS (a integer, b mood)');
      await trx.raw(`CREATE FUNCTION usual_mood() RETURNS mood LANGUAGE sql AS $$ SELECT 'glad'::mood $$`);
      await trx.raw(
        `CREATE FUNCTION note_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO notes VALUES (NEW.id); RETURN NEW; END $$`,
      );
      await trx.raw('CREATE SEQUENCE numbers');
      await trx.raw('CREATE TABLE notes (id integer)');
      await trx.raw(`CREATE TABLE people (id serial PRIMARY KEY, number integer DEFAULT nextval('numbers'), mood mood DEFAULT usual_mood(),
        age positive, pair pair, client integer REFERENCES clients, parent integer REFERENCES people, rank integer GENERATED ALWAYS AS IDENTITY)`);
      await trx.raw('CREATE TRIGGER note_it BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION note_it()');
      await trx.raw('CREATE INDEX people_by_age ON people (age)');
      await trx.raw('CREATE STATISTICS people_statistics ON age, client FROM people');
      await trx.raw('CREATE VIEW old_people AS SELECT * FROM people WHERE age > 70');
      await trx.raw('CREATE MATERIALIZED VIEW moods AS SELECT mood, count(*) FROM people GROUP BY mood');
      await trx.raw('CREATE TABLE parts (a integer) PARTITION BY HASH (a)');
      await trx.raw('CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0)');
      await trx.raw('CREATE INDEX ON parts (a)');
      await trx.raw('CREATE POLICY everybody ON people USING (true)');
      await trx.transaction(async (nested) => {
        await nested.raw('CREATE TABLE nested (n integer)');
      });
    },
  });

  const [copy] = await registerCopy(knex, schema, model);

  t.deepEqual(copy?.tables, ['nested', 'notes', 'parts', 'parts_0', 'people']);
  t.is(await buildSchemas(), 0);
  await knex.raw('INSERT INTO people (age, client) VALUES (80, 1)');
  const row = { id: 1, number: '1', mood: 'glad', age: 80, client: 1, rank: 1 };
  t.like(await knex('old_people').first(), { ...row, number: 1 });
  t.deepEqual(await knex('notes'), [{ id: 1 }]);
  await t.throwsAsync(knex.raw('INSERT INTO people (age, client) VALUES (80, 2)'), { message: /people_client_fkey/ });
  await t.throwsAsync(knex.raw('INSERT INTO people (age) VALUES (-1)'), { message: /positive/ });
  for (const object of [
    'type mood',
    'function note_it()',
    'trigger note_it on people',
    'policy everybody on people',
    'index people_by_age',
    'sequence numbers',
    'column people.age',
    'view old_people',
    'table constraint people_client_fkey on people',
  ])
    t.true(copy?.objects.includes(object), object);
});

test.serial('what setUp makes elsewhere is refused by name, and nothing is left of it', async (t) => {
  await knex.raw('CREATE TABLE elsewhere (n integer)');
  const faults: [string, RegExp][] = [
    [`CREATE TABLE "${schema}".stray (n integer)`, /made table test_\w+\.stray in another place/],
    [`CREATE INDEX stray_index ON elsewhere (n)`, /made index test_\w+\.stray_index/],
    [`CREATE SCHEMA "${schema}_2"`, /made schema test_\w+_2/],
    [`CREATE TEMPORARY TABLE stray (n integer)`, /made table pg_temp\.stray in/],
    [`CREATE TYPE pieces AS RANGE (subtype = integer)`, /cannot be set up|made type/],
    [
      `CREATE TRIGGER stray BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
      /made trigger stray on test_\w+\.elsewhere/,
    ],
    [`ALTER TABLE elsewhere ADD CONSTRAINT stray CHECK (n > 0)`, /made table constraint stray on/],
    [
      `CREATE OPERATOR === (leftarg = integer, rightarg = integer, function = int4eq)`,
      /made operator ===\(integer,integer\), which Maestro cannot move/,
    ],
  ];
  for (const [sql, message] of faults) {
    const model = aReadModel({
      setUp: async (trx) => {
        await trx.raw('CREATE TABLE fine (n integer)');
        await trx.transaction(async (nested) => {
          await nested.raw(sql);
        });
      },
    });
    await t.throwsAsync(registerCopy(knex, schema, model), { instanceOf: ReadModelSetUpError, message });
    t.deepEqual(await readCopies(knex, schema, [model.name]), []);
  }
  t.is(await buildSchemas(), 0);
  t.deepEqual(await relations(schema, 'stray%'), []);
});

test.serial('a name that is taken, and a setUp that fails, are refused, and nothing is left of it', async (t) => {
  await knex.raw('CREATE TABLE taken (n integer)');
  const taken = aReadModel({ setUp: (trx) => trx.schema.createTable('taken', (table) => table.integer('n')) });
  await t.throwsAsync(registerCopy(knex, schema, taken), {
    instanceOf: ReadModelSetUpError,
    message: /table test_\w+\.taken exists already/,
  });
  const failing = aReadModel({
    setUp: async (trx) => {
      await trx.raw('CREATE TABLE half (n integer)');
      throw new Error('no such luck');
    },
  });
  const error = await t.throwsAsync(registerCopy(knex, schema, failing), {
    instanceOf: ReadModelSetUpError,
    message: /setUp failed: no such luck/,
  });
  t.like(error.cause, { message: 'no such luck' });
  t.deepEqual(await relations(schema, 'half'), []);
  const forgotten = aReadModel({
    setUp: (trx) => {
      // Not awaited, so Knex runs nothing.
      void trx.schema.createTable('forgotten', (table) => table.integer('n'));
    },
  });
  await t.throwsAsync(registerCopy(knex, schema, forgotten), {
    instanceOf: ReadModelSetUpError,
    message: /setUp made nothing\. Nothing was changed\.$/,
  });
  t.is(await buildSchemas(), 0);
  t.deepEqual(await readCopies(knex, schema, [taken.name, failing.name, forgotten.name]), []);
});

test.serial('inside a transaction of the application it goes with that, and the search_path stays', async (t) => {
  const model = aReadModel();
  const path = async (on: Knex) => (await on.raw<{ rows: object[] }>('SHOW search_path')).rows;
  const transaction = await knex.transaction();
  t.teardown(async () => {
    if (!transaction.isCompleted()) await transaction.rollback();
  });
  const before = await path(transaction);
  await transaction.raw('CREATE TABLE of_the_application (n integer)');
  await registerCopy(transaction, schema, model);
  t.deepEqual(await path(transaction), before);
  t.deepEqual(await transaction(model.name), []);
  const failing = aReadModel({ setUp: () => Promise.reject(new Error('no')) });
  await t.throwsAsync(registerCopy(transaction, schema, failing), { instanceOf: ReadModelSetUpError });
  t.deepEqual(await path(transaction), before);
  await transaction.rollback();
  t.deepEqual(await readCopies(knex, schema, [model.name]), []);
  t.deepEqual(await relations(schema, `${model.name}%`), []);
  t.is((await registerCopy(knex, schema, model)).length, 1);
});

test.serial('a subscription has no tables; from now on means behind the last event of each aggregate', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 3));
  const [all] = await registerCopy(knex, schema, aSubscription('all', 'beginning'));
  const [later] = await registerCopy(knex, schema, aSubscription('later', 'now'));
  const positions = (copy: number | undefined) =>
    knex('maestro_positions')
      .withSchema(schema)
      .where({ copy, aggregate_id: Buffer.from(id.hex, 'hex') })
      .pluck('sequence');
  t.deepEqual([all?.tables, all?.liveSchema, later?.kind], [[], undefined, 'subscription']);
  t.deepEqual(await positions(all?.id), []);
  t.deepEqual(await positions(later?.id), [3]);
  await t.throwsAsync(registerCopy(knex, schema, aReadModel({ name: 'later' })), {
    message: /has a subscription of this name/,
  });
});

test.serial('a role without the right to make tables is told what it needs', async (t) => {
  const role = `${schema}_poor`;
  await knex.transaction(async (trx) => {
    await trx.raw(ONE_AT_A_TIME);
    await trx.raw(`CREATE ROLE "${role}" LOGIN PASSWORD 'x'`);
    await trx.raw(`GRANT USAGE ON SCHEMA "${schema}" TO "${role}"`);
    await trx.raw(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA "${schema}" TO "${role}"`);
  });
  t.teardown(async () => {
    await knex.raw(`DROP OWNED BY "${role}"`);
    await knex.raw(`DROP ROLE "${role}"`);
  });
  const url = new URL(testUrl());
  Object.assign(url, { username: role, password: 'x' });
  const poor = testKnex({ connection: url.href, searchPath: [schema] });
  const error = await t.throwsAsync(registerCopy(poor, schema, aReadModel()), { instanceOf: PermissionDeniedError });
  await poor.destroy();
  t.regex(error.hint ?? '', /GRANT CREATE ON DATABASE/);
});

test.serial('default privileges of the schema hold for the tables, though they are made elsewhere', async (t) => {
  const role = `${schema}_reader`;
  await knex.raw(`CREATE ROLE "${role}"`);
  t.teardown(async () => {
    await knex.raw(`DROP OWNED BY "${role}"`);
    await knex.raw(`DROP ROLE "${role}"`);
  });
  await knex.raw(`ALTER DEFAULT PRIVILEGES IN SCHEMA "${schema}" GRANT SELECT ON TABLES TO "${role}"`);
  const model = aReadModel();
  await registerCopy(knex, schema, model);
  const sql = `SELECT has_table_privilege(?, ?, 'SELECT') AS reads, has_table_privilege(?, ?, 'INSERT') AS writes`;
  const table = `"${schema}".${model.name}`;
  t.like((await knex.raw<{ rows: object[] }>(sql, [role, table, role, table])).rows[0], { reads: true, writes: false });
});

test.serial(
  'a copy that is being built comes first in the search_path, until it is set for another copy',
  async (t) => {
    const [copy] = await registerCopy(knex, schema, aReadModel());
    if (copy === undefined) throw new Error('no copy');
    const [one, two] = [`maestro_build_${schema}_1000`, `maestro_build_${schema}_2000`];
    for (const name of [one, two]) await knex.raw(`CREATE SCHEMA "${name}"`);
    const found: string[] = [];
    await knex.transaction(async (trx) => {
      for (const buildSchema of [undefined, one, two, one, undefined]) {
        await withCopyPath(trx, { ...copy, buildSchema });
        const { rows } = await trx.raw<{ rows: { search_path: string }[] }>('SHOW search_path');
        found.push(rows[0]?.search_path.replaceAll('"', '').replaceAll(RegExp(`\\b${schema}\\b`, 'g'), 'live') ?? '');
      }
    });
    t.deepEqual(found, ['live', `${one}, live, live`, `${two}, live, live`, `${one}, live, live`, 'live, live']);
  },
);
