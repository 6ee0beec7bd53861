import test from 'ava';
import type { Knex } from 'knex';
import { type Copy, readCopies } from '../../../src/projection/copies/copy.js';
import { DependentObjectsError, ReadModelSetUpError } from '../../../src/projection/copies/errors.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import type { ReadModelDefinition } from '../../../src/projection/definition.js';
import { cancelRebuild } from '../../../src/projection/rebuild/cancel-rebuild.js';
import { cleanUpRetired } from '../../../src/projection/rebuild/clean-up-retired.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { switchCopy } from '../../../src/projection/rebuild/switch-copy.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { isOnCluster } from '../../support/database.js';
import { aReadModel, buildSchemasOf, fill, nextVersion, useReadModels } from '../../support/projection/read-models.js';

const database = useReadModels(test);
const { schema, knex } = database;
const store = database.store();

/** A live copy of a read model that has taken in some aggregates, and one of the next version that is being built. */
async function aRebuild(model = aReadModel(), next = nextVersion(model)) {
  const ids = [anId(), anId(), anId()];
  for (const id of ids) await store.commitEvents(aHistory(id, 3));
  const live = one(await registerCopy(knex, schema, model));
  await fill(database, live, model, ids);
  const building = one([await startRebuild(knex, schema, next)]);
  return { model, next, ids, live, building };
}

function one(copies: readonly (Copy | undefined)[]): Copy {
  const [copy] = copies;
  if (copy === undefined) throw new Error('There is no copy.');
  return copy;
}

async function statuses(name: string): Promise<[number, string][]> {
  return (await readCopies(knex, schema, [name])).map(({ version, status }) => [version, status]);
}

/** Switches, however long others on the server of the tests, who have nothing to do with it, read. */
async function switched(definition: ReadModelDefinition, building: Copy) {
  for (;;) {
    const outcome = await switchCopy(knex, schema, definition, building);
    if (outcome !== 'blocked') return outcome;
  }
}

const otherSchemas = () => buildSchemasOf(knex, schema);

async function cleanedUp(): Promise<void> {
  while ((await cleanUpRetired(knex, schema)) > 0);
}

const sorted = (rows: { id: string }[]) => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));

test.serial('a rebuild fills tables beside those in use, and puts them in their place', async (t) => {
  const { model, next, ids, live, building } = await aRebuild();
  const rows = (version?: number) =>
    sorted(ids.map(({ hex }) => ({ id: hex, events: 3, ...(version && { v2: version }) })));
  t.like(building, {
    version: 2,
    status: 'building',
    liveSchema: schema,
    tables: [model.name],
    buildSchema: `maestro_build_${schema}_${building.id}`,
  });
  t.deepEqual(sorted(await knex(model.name)), rows());

  await fill(database, building, next, ids);
  t.deepEqual(sorted(await knex(model.name)), rows(), 'before the switch');
  t.is(await switched(next, building), 'switched');

  t.deepEqual(sorted(await knex(model.name)), rows(2));
  t.deepEqual(await statuses(model.name), [
    [1, 'retired'],
    [2, 'live'],
  ]);
  t.deepEqual(await otherSchemas(), [`maestro_retired_${schema}_${live.id}`]);
  const statistics = 'SELECT reltuples::integer AS rows FROM pg_class WHERE oid = ?::regclass';
  // A cluster has the statistics of the shard.
  const known = isOnCluster() ? 0 : 3;
  t.deepEqual((await knex.raw<{ rows: object[] }>(statistics, [`"${schema}".${model.name}`])).rows, [{ rows: known }]);
  t.is(await switched(next, building), 'switched', 'again changes nothing');
  t.is(await cleanUpRetired(knex, schema), 0);
  t.deepEqual(await statuses(model.name), [[2, 'live']]);
  t.deepEqual(await otherSchemas(), []);
  t.deepEqual(await knex('maestro_positions').where({ copy: live.id }), []);
  t.is((await knex('maestro_positions').where({ copy: building.id })).length, 3);
  // And once more, at the same version.
  t.is(await startRebuild(knex, schema, next), undefined);
  const third = one([await startRebuild(knex, schema, next, { again: true })]);
  await fill(database, third, next, ids);
  t.is(await switched(next, third), 'switched');
  t.deepEqual(sorted(await knex(model.name)), rows(2));
  await cleanedUp();
});

test.serial('everything that setUp makes is replaced, and goes on referring to what the application has', async (t) => {
  await knex.raw('CREATE TABLE clients (id integer PRIMARY KEY)');
  await knex.raw('INSERT INTO clients VALUES (1)');
  const setUp = (moods: string) => async (trx: Knex.Transaction) => {
    await trx.raw(`CREATE TYPE mood AS ENUM (${moods})`);
    await trx.raw(
      'CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.stamped = 1; RETURN NEW; END $$',
    );
    await trx.raw(
      'CREATE TABLE people (id serial PRIMARY KEY, hex text UNIQUE, mood mood, stamped integer, client integer DEFAULT 1 REFERENCES clients, parent integer REFERENCES people DEFERRABLE INITIALLY DEFERRED)',
    );
    await trx.raw('CREATE TRIGGER stamp BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION stamp()');
    await trx.raw('CREATE VIEW glad_people AS SELECT * FROM people');
    await trx.raw('CREATE MATERIALIZED VIEW moods AS SELECT mood, count(*) FROM people GROUP BY mood');
  };
  const project: ReadModelDefinition['project'] = async ({ aggregateId }, trx) => {
    await trx.raw('INSERT INTO people (hex, mood) VALUES (?, ?) ON CONFLICT DO NOTHING', [aggregateId.hex, 'glad']);
  };
  const model = aReadModel({ setUp: setUp(`'glad'`), project });
  const { next, ids, building } = await aRebuild(model, { ...model, version: 2, setUp: setUp(`'sad', 'glad'`) });
  await fill(database, building, next, ids);
  t.is(await switched(next, building), 'switched');
  await cleanedUp();
  t.is((await knex('glad_people').where({ mood: 'glad', stamped: 1, client: 1 })).length, 3);
  await knex.raw(`INSERT INTO people (hex, mood) VALUES ('new', 'sad')`);
  await knex.raw('REFRESH MATERIALIZED VIEW moods');
  t.is((await knex('moods')).length, 2);
  await t.throwsAsync(knex.raw(`INSERT INTO people (hex, client) VALUES ('x', 2)`), { message: /people_client_fkey/ });
  await t.throwsAsync(knex.raw('DELETE FROM clients'), { message: /people_client_fkey/ });
  await t.throwsAsync(knex.raw(`INSERT INTO people (hex, parent) VALUES ('y', 1000)`), {
    message: /people_parent_fkey/,
  });
  t.deepEqual(await otherSchemas(), []);
});

// A cluster takes not all of this on tables that it knows, and tells its nodes of rights by itself.
const onOneServer = isOnCluster() ? () => {} : test.serial;

onOneServer(
  'what others have on the tables is named before a rebuild begins, and again before the switch',
  async (t) => {
    const cases: [make: string, drop: string, named: string][] = [
      ['CREATE VIEW v AS SELECT id FROM TABLE_', 'DROP VIEW v', 'view SCHEMA.v'],
      ['CREATE MATERIALIZED VIEW v AS SELECT id FROM TABLE_', 'DROP MATERIALIZED VIEW v', 'materialized view SCHEMA.v'],
      [
        'CREATE TABLE others (id varchar REFERENCES TABLE_)',
        'DROP TABLE others',
        'table constraint others_id_fkey on SCHEMA.others',
      ],
      [
        'CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM TABLE_; END',
        'DROP FUNCTION f',
        'function SCHEMA.f()',
      ],
      [
        'CREATE FUNCTION f(TABLE_) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
        'DROP FUNCTION f',
        'function SCHEMA.f(SCHEMA.TABLE_)',
      ],
      ['CREATE INDEX i ON TABLE_ (events)', 'DROP INDEX i', 'index i'],
      ['ALTER TABLE TABLE_ ADD COLUMN note text', 'ALTER TABLE TABLE_ DROP COLUMN note', 'column TABLE_.note'],
      [
        'ALTER TABLE TABLE_ ADD CONSTRAINT c CHECK (events > 0)',
        'ALTER TABLE TABLE_ DROP CONSTRAINT c',
        'table constraint c on TABLE_',
      ],
      [
        'CREATE TRIGGER g BEFORE UPDATE ON TABLE_ FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
        'DROP TRIGGER g ON TABLE_',
        'trigger g on TABLE_',
      ],
      ['CREATE POLICY p ON TABLE_ USING (true)', 'DROP POLICY p ON TABLE_', 'policy p on TABLE_'],
      ['CREATE RULE r AS ON DELETE TO TABLE_ DO ALSO SELECT 1', 'DROP RULE r ON TABLE_', 'rule r on TABLE_'],
      ['CREATE TABLE child () INHERITS (TABLE_)', 'DROP TABLE child', 'table SCHEMA.child'],
      ['CREATE STATISTICS s ON id, events FROM TABLE_', 'DROP STATISTICS s', 'statistics object s'],
      [
        `CREATE PUBLICATION "pub_${schema}" FOR TABLE TABLE_`,
        `DROP PUBLICATION "pub_${schema}"`,
        `publication relation TABLE_ in publication pub_${schema}`,
      ],
    ];
    const { model, next, ids, building } = await aRebuild();
    const insert = (text: string) => text.replaceAll('TABLE_', model.name).replaceAll('SCHEMA', schema);
    await fill(database, building, next, ids);
    for (const [make, drop, named] of cases) {
      await knex.raw(insert(make));
      const error = await t.throwsAsync(switchCopy(knex, schema, next, building), {
        instanceOf: DependentObjectsError,
      });
      t.deepEqual(
        error.objects.filter((name) => name.includes(insert(named))).length,
        1,
        `${named}: ${error.objects.join('; ')}`,
      );
      await knex.raw(insert(drop));
    }
    await cancelRebuild(knex, schema, model.name);
    const [make, drop] = cases[0] as [string, string, string];
    await knex.raw(insert(make));
    await t.throwsAsync(startRebuild(knex, schema, next), {
      instanceOf: DependentObjectsError,
      message: /view test_\w+\.v/,
    });
    t.deepEqual(await statuses(model.name), [
      [1, 'live'],
      [2, 'retired'],
    ]);
    await knex.raw(insert(drop));
    await cleanedUp();
    t.deepEqual(await statuses(model.name), [[1, 'live']]);
    t.deepEqual(await otherSchemas(), []);
  },
);

onOneServer('rights, owner and row-level security of the tables in use are those of the new ones', async (t) => {
  const [reads, owns, columns] = [`${schema}_reads`, `${schema}_owns`, `${schema}_columns`] as const;
  const roles = [reads, owns, columns];
  for (const role of roles) await knex.raw(`CREATE ROLE "${role}"`);
  t.teardown(async () => {
    for (const role of roles) {
      await knex.raw(`REASSIGN OWNED BY "${role}" TO CURRENT_USER`);
      await knex.raw(`DROP OWNED BY "${role}"`);
      await knex.raw(`DROP ROLE "${role}"`);
    }
  });
  const { model, next, ids, building } = await aRebuild();
  const table = `"${schema}"."${model.name}"`;
  await knex.raw(`GRANT SELECT ON ${table} TO "${reads}" WITH GRANT OPTION`);
  await knex.raw(`GRANT UPDATE (events) ON ${table} TO "${columns}"`);
  await knex.raw(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  await knex.raw(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  await knex.raw(`GRANT USAGE, CREATE ON SCHEMA "${schema}" TO "${owns}"`);
  await knex.raw(`ALTER TABLE ${table} OWNER TO "${owns}"`);
  await fill(database, building, next, ids);
  t.is(await switched(next, building), 'switched');
  const { rows } = await knex.raw<{ rows: object[] }>(
    `SELECT pg_get_userbyid(relowner) AS owner, relrowsecurity AS enabled, relforcerowsecurity AS forced,
has_table_privilege(?, oid, 'SELECT WITH GRANT OPTION') AS reads, has_table_privilege(?, oid, 'UPDATE') AS updates,
has_column_privilege(?, oid, 'events', 'UPDATE') AS updates_column FROM pg_class WHERE oid = ?::regclass`,
    [reads, columns, columns, table],
  );
  t.deepEqual(rows, [{ owner: owns, enabled: true, forced: true, reads: true, updates: false, updates_column: true }]);
  await cleanedUp();
});

test.serial('the switch takes in what is missing, so that no aggregate goes back, however much that is', async (t) => {
  const { model, next, ids, live, building } = await aRebuild();
  await fill(database, building, next, ids.slice(1));
  t.is(await switched(next, building), 'switched');
  t.deepEqual((await knex(model.name).pluck('events')).length, 3);
  t.deepEqual(await knex('maestro_positions').where({ copy: building.id }).pluck('sequence'), [3, 3, 3]);
  t.is(live.version, 1);
  await cleanedUp();

  const many = Array.from({ length: 201 }, () => anId());
  await store.commitEvents(many.map((id) => anEvent(id)));
  const second = nextVersion(next);
  await fill(database, one([(await readCopies(knex, schema, [model.name]))[0]]), next, many);
  const far = one([await startRebuild(knex, schema, second)]);
  t.is(await switched(second, far), 'switched');
  t.is((await knex(model.name)).length, 204);
  await cleanedUp();
});

test.serial(
  'an event that fails in the switch undoes it, and the position that is ahead of its log does not hold it up',
  async (t) => {
    let isFailing = true;
    const model = aReadModel();
    const next = {
      ...nextVersion(model),
      project: async (
        ...[event, trx]: Parameters<Extract<ReadModelDefinition['project'], (...all: never[]) => unknown>>
      ) => {
        if (isFailing) throw new Error('not now');
        await trx(model.name).insert({ id: event.aggregateId.hex, events: event.sequence }).onConflict('id').merge();
      },
    };
    const { building, live } = await aRebuild(model, next);
    await knex('maestro_positions').insert({
      copy: live.id,
      aggregate_id: Buffer.from(anId().hex, 'hex'),
      sequence: 7,
    });
    t.is(await switched(next, building), 'behind');
    t.deepEqual(await statuses(model.name), [
      [1, 'live'],
      [2, 'building'],
    ]);
    isFailing = false;
    t.is(await switched(next, building), 'switched');
    await cleanedUp();
  },
);

test.serial(
  'a rebuild that needs a lock on a table of the application does not stand in the way of its writers',
  async (t) => {
    await knex.raw('CREATE TABLE countries (id integer PRIMARY KEY)');
    const model = aReadModel({
      setUp: (trx) => trx.raw('CREATE TABLE cities (id integer, country integer REFERENCES countries)'),
      project: () => {},
    });
    await registerCopy(knex, schema, model);
    const holder = await knex.transaction();
    t.teardown(async () => {
      if (!holder.isCompleted()) await holder.rollback();
    });
    await holder('countries').insert({ id: 1 });
    const starting = startRebuild(knex, schema, model, { again: true });
    const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'countries'::regclass`;
    while ((await knex.raw<{ rows: unknown[] }>(waiting)).rows.length === 0);
    await knex('countries').insert({ id: 2 });
    await holder.commit();
    t.like(await starting, { status: 'building' });
    await cancelRebuild(knex, schema, model.name);
    await cleanedUp();
  },
);

test.serial('a long transaction with a position is looked for before anybody is made to wait for it', async (t) => {
  const { model, next, ids, building } = await aRebuild();
  await fill(database, building, next, ids);
  const long = await knex.transaction();
  t.teardown(async () => {
    if (!long.isCompleted()) await long.rollback();
  });
  const place = { copy: building.id, aggregate_id: ids[0]?.encode() };
  await long('maestro_positions').where(place).forUpdate();
  let asked = 0;
  const count = ({ sql }: { readonly sql: string }) => (asked += /LOCK TABLE .*IN EXCLUSIVE/.test(sql) ? 1 : 0);
  knex.on('query', count);
  t.teardown(() => knex.removeListener('query', count));
  // At first it may be a short one.
  for (let before = -1; asked > before;) {
    before = asked;
    t.is(await switchCopy(knex, schema, next, building), 'blocked');
  }
  await long.rollback();
  t.is(await switched(next, building), 'switched');
  await cleanedUp();
  t.deepEqual(await statuses(model.name), [[2, 'live']]);
});

test.serial(
  'whoever has the tables or reads what was there before is waited for, without holding up others',
  async (t) => {
    const { model, next, ids, building } = await aRebuild();
    const early = await knex.transaction({ isolationLevel: 'repeatable read' });
    const reader = await knex.transaction();
    t.teardown(async () => {
      for (const each of [early, reader]) if (!each.isCompleted()) await each.rollback();
    });
    await early.raw('SELECT 1 FROM maestro_projections LIMIT 1');
    await fill(database, building, next, ids);
    t.is(await switchCopy(knex, schema, next, building), 'blocked', 'it would see the new table empty');
    t.is((await early(model.name)).length, 3);
    await early.commit();
    await reader(model.name);
    t.is(await switchCopy(knex, schema, next, building), 'blocked', 'its lock is in the way');
    t.is((await knex(model.name)).length, 3);
    await reader.commit();
    t.is(await switched(next, building), 'switched');

    // A reader of the old tables goes on reading them, and they are removed when it is done.
    const later = await startRebuild(knex, schema, next, { again: true });
    await fill(database, one([later]), next, ids);
    await cleanedUp();
    t.is(await switched(next, one([later])), 'switched');
    const old = `maestro_retired_${schema}_${building.id}`;
    const holder = await knex.transaction();
    t.teardown(async () => {
      if (!holder.isCompleted()) await holder.rollback();
    });
    await holder.withSchema(old).from(model.name);
    t.is(await cleanUpRetired(knex, schema), 1);
    await holder.commit();
    t.is(await cleanUpRetired(knex, schema), 0);
    t.deepEqual(await otherSchemas(), []);
  },
);

test.serial(
  'those who move positions are not kept out while the tables are in use, nor for more than one search',
  async (t) => {
    const { model, next, ids, building } = await aRebuild();
    await fill(database, building, next, ids.slice(1));
    const reader = await knex.transaction();
    t.teardown(async () => {
      if (!reader.isCompleted()) await reader.rollback();
    });
    const sent: string[] = [];
    const note = ({ sql }: { readonly sql: string }) => sent.push(sql);
    knex.on('query', note);
    t.teardown(() => knex.removeListener('query', note));
    const lastOf = (words: string) => sent.findLastIndex((sql) => sql.includes(words));
    await reader(model.name);
    while (lastOf('ACCESS EXCLUSIVE') < 0) t.is(await switchCopy(knex, schema, next, building), 'blocked');
    t.is(lastOf('maestro_positions" IN EXCLUSIVE'), -1);
    await reader.commit();
    t.is(await switched(next, building), 'switched');
    const behind = sent
      .slice(lastOf('maestro_positions" IN EXCLUSIVE'))
      .filter((sql) => sql.includes(isOnCluster() ? 'AS mark' : 'pg_visible_in_snapshot'));
    t.is(behind.length, 1);
    t.is((await knex(model.name)).length, 3);
    await cleanedUp();
  },
);

test.serial('several that begin a rebuild, switch or clean up at the same moment do it once', async (t) => {
  const model = aReadModel();
  const next = nextVersion(model);
  const id = anId();
  await store.commitEvents(aHistory(id, 2));
  await registerCopy(knex, schema, model);
  const begun = await Promise.all(Array.from({ length: 6 }, () => startRebuild(knex, schema, next)));
  t.is(new Set(begun.map((copy) => copy?.id)).size, 1);
  const building = one(begun);
  await fill(database, building, next, [id]);
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => switchCopy(knex, schema, next, building)));
  while (!outcomes.includes('switched')) outcomes.push(await switchCopy(knex, schema, next, building));
  t.true(
    outcomes.every((outcome) => ['switched', 'blocked', 'gone'].includes(outcome)),
    outcomes.join(),
  );
  t.deepEqual(await statuses(model.name), [
    [1, 'retired'],
    [2, 'live'],
  ]);
  t.deepEqual(
    await Promise.all(Array.from({ length: 6 }, () => startRebuild(knex, schema, next))),
    Array(6).fill(undefined),
  );
  await Promise.all(Array.from({ length: 4 }, () => cleanUpRetired(knex, schema)));
  await cleanedUp();
  t.deepEqual(await statuses(model.name), [[2, 'live']]);
});

test.serial('a newer version takes the place of one that is being built; an older one leaves it alone', async (t) => {
  const { model, next, building } = await aRebuild();
  const third = nextVersion(next);
  const newer = one([await startRebuild(knex, schema, third)]);
  t.deepEqual(await statuses(model.name), [
    [1, 'live'],
    [2, 'retired'],
    [3, 'building'],
  ]);
  t.is(await startRebuild(knex, schema, next), undefined);
  t.is(await switched(next, building), 'gone');
  t.is(await startRebuild(knex, schema, { ...model, version: 0 }, { again: true }), undefined);
  t.like(await cancelRebuild(knex, schema, model.name), { id: newer.id, status: 'retired' });
  t.is(await cancelRebuild(knex, schema, model.name), undefined);
  await cleanedUp();
  t.deepEqual(await statuses(model.name), [[1, 'live']]);
  t.deepEqual(await otherSchemas(), []);
});

test.serial('a setUp that touches what is in use, or cannot run twice, or is missing, is refused', async (t) => {
  const model = aReadModel();
  await registerCopy(knex, schema, model);
  const attempt = (setUp: ReadModelDefinition['setUp']) => startRebuild(knex, schema, { ...model, version: 2, setUp });
  await t.throwsAsync(attempt(undefined), { instanceOf: ReadModelSetUpError, message: /has no setUp/ });
  t.is(
    await startRebuild(knex, schema, { ...model, setUp: undefined }),
    undefined,
    'of the version in use there is none',
  );
  await t.throwsAsync(
    attempt(async (trx) => {
      await trx.schema.dropTableIfExists(model.name);
      await model.setUp?.(trx);
    }),
    { instanceOf: ReadModelSetUpError, message: /setUp drops table counts_\d+, which is in use/ },
  );
  await knex.raw('CREATE TABLE taken (n integer)');
  await t.throwsAsync(
    attempt((trx) => trx.schema.createTable('taken', (table) => table.integer('n'))),
    { instanceOf: ReadModelSetUpError, message: /table test_\w+\.taken exists already/ },
  );
  t.deepEqual(await statuses(model.name), [[1, 'live']]);
  t.is((await knex(model.name)).length, 0);
});
