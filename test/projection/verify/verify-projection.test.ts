import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { type Timestamp } from '../../../src/hlc/timestamp.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import type { ReadModelDefinition } from '../../../src/projection/definition.js';
import { verifyProjection } from '../../../src/projection/verify/verify-projection.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { useSchemas } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { makeLive, takeInAll } from '../../support/data/live-projection.js';

const { knex, aSchema } = useSchemas(test);

const Account = defineAggregate({
  name: 'account',
  initialState: () => null,
  commands: {},
  events: {
    opened: (_state, _body: { owner: string }) => null,
    paid: (_state, _body: { amount: number }) => null,
    closed: (_state, _body: object) => null,
  },
});

/** Accounts by id, their payments without a key, and a total over all of them. */
const accounts = defineProjection({
  name: 'accounts',
  from: [Account],
  setUp: async (trx) => {
    await trx.raw(`CREATE TYPE mood AS ENUM ('calm', 'cross');
      CREATE TABLE accounts (id bytea PRIMARY KEY, owner text, "paid, it's \\? or not" numeric, mood mood NOT NULL DEFAULT 'calm',
        made_at timestamptz NOT NULL DEFAULT now(), number serial NOT NULL UNIQUE, data json);
      CREATE TABLE payments (account text NOT NULL, account_number integer REFERENCES accounts (number), amount numeric);
      CREATE TABLE totals (what text PRIMARY KEY, amount numeric NOT NULL)`);
  },
  project: {
    opened: async ({ aggregateId, body }, trx) => {
      await trx('accounts').insert({ id: aggregateId.encode(), owner: body.owner, data: '{"b": 1,  "a": 2}' });
    },
    paid: async ({ aggregateId, body }, trx) => {
      await trx.raw(
        `UPDATE accounts SET "paid, it's \\? or not" = coalesce("paid, it's \\? or not", 0) + ? WHERE id = ?`,
        [body.amount, aggregateId.encode()],
      );
      await trx.raw('INSERT INTO payments SELECT ?, number, ? FROM accounts WHERE id = ?', [
        aggregateId.toString(),
        body.amount,
        aggregateId.encode(),
      ]);
      await trx.raw(
        "INSERT INTO totals VALUES ('paid', ?) ON CONFLICT (what) DO UPDATE SET amount = totals.amount + excluded.amount",
        [body.amount],
      );
    },
    closed: async ({ aggregateId }, trx) => {
      await trx('payments').where({ account: aggregateId.toString() }).delete();
      await trx('accounts').where({ id: aggregateId.encode() }).delete();
    },
  },
});

interface World {
  readonly knex: Knex;
  readonly schema: string;
  readonly ids: readonly Timestamp[];
  readonly copy: number;
}

/** Accounts with two payments each, taken in by the live copy; one of them is closed. */
async function aWorld(
  definition: ReadModelDefinition = accounts,
  { count = 6, partitions = 1 }: { readonly count?: number; readonly partitions?: number } = {},
): Promise<World> {
  const schema = aSchema();
  await migrate(knex, { schema, partitions });
  const store = new PostgresStore(knex, { schema });
  const ids = Array.from({ length: count }, () => anId());
  for (const [index, id] of ids.entries()) {
    const event = (sequence: number, type: string, body: object) => anEvent(id, { sequence, type, body: { ...body } });
    await store.commitEvents([
      event(1, 'opened', { owner: `owner ${index}` }),
      event(2, 'paid', { amount: 10 + index }),
      event(3, 'paid', { amount: 0.1 }),
      ...(index === 0 ? [event(4, 'closed', {})] : []),
    ]);
  }
  const copy = await makeLive({ knex, schema }, definition);
  await takeInAll({ knex, schema }, definition, copy, ids);
  return { knex, schema, ids, copy };
}

/** The differences, briefly. */
async function differences(world: World, options: Parameters<typeof verifyProjection>[2], definition = accounts) {
  const { tables } = await verifyProjection(world, definition, options);
  return tables.flatMap((table) =>
    table.differences.map(({ kind, columns, rows }) => [table.table, kind, columns.join(), rows] as const),
  );
}

async function schemasLeft(t: ExecutionContext, { schema }: World): Promise<void> {
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `SELECT nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE relname = 'totals' AND nspname LIKE 'maestro%'`,
  );
  t.deepEqual(rows, [], schema);
}

for (const partitions of [1, 3])
  test(`what the events make is the same, by sample and all: ${partitions} partitions`, async (t) => {
    const world = await aWorld(accounts, { partitions });
    const all = await verifyProjection(world, accounts, { all: true });
    t.like(all, { name: 'accounts', version: 1, aggregates: 6, events: 19, all: true, failures: [] });
    t.deepEqual(
      all.tables.map(({ table, compared, rows, leftOut, differences }) => [
        table,
        compared,
        rows,
        leftOut,
        differences,
      ]),
      [
        ['accounts', true, 5, ['made_at', 'number'], []],
        ['payments', true, 10, ['account_number'], []],
        ['totals', true, 1, [], []],
      ],
    );
    const sample = await verifyProjection(world, accounts, { sample: 5 });
    t.like(sample, { aggregates: 5, all: false });
    t.deepEqual(
      sample.tables.map(({ table, compared, differences }) => [table, compared, differences]),
      [
        ['accounts', true, []],
        ['payments', true, []],
        ['totals', false, []],
      ],
    );
    t.true((await verifyProjection(world, accounts, { sample: 6 })).all, 'a sample of as many as there are');
    await schemasLeft(t, world);
  });

test('rows that differ are named by table, kind and columns, with an aggregate and a key', async (t) => {
  const world = await aWorld();
  const { schema, ids } = world;
  const [, changed, missing, , extra] = ids as [Timestamp, Timestamp, Timestamp, Timestamp, Timestamp];
  const other = anId();
  await knex.raw(`UPDATE ??.accounts SET owner = NULL, data = '{"a": 2, "b": 1}' WHERE id = ?`, [
    schema,
    changed.encode(),
  ]);
  await knex.raw(`DELETE FROM ??.payments WHERE account = ?`, [schema, missing.toString()]);
  await knex.raw(`DELETE FROM ??.accounts WHERE id = ?`, [schema, missing.encode()]);
  await knex.raw(`INSERT INTO ??.accounts (id) VALUES (?)`, [schema, other.encode()]);
  await knex.raw(`INSERT INTO ??.payments (account, amount) VALUES (?, 0.1)`, [schema, extra.toString()]);
  await knex.raw(`UPDATE ??.totals SET amount = amount + 1`, [schema]);
  const { tables } = await verifyProjection(world, accounts, { all: true });
  const [first, ...others] = tables.flatMap((table) => table.differences);
  t.deepEqual(first, {
    table: 'accounts',
    kind: 'missing',
    columns: [],
    rows: 1,
    aggregateId: missing.hex,
    key: { id: `\\x${missing.hex}` },
  });
  t.deepEqual(
    others.map(({ table, kind, columns, rows }) => [table, kind, columns.join(), rows]),
    [
      ['accounts', 'different', 'owner,data', 1],
      ['accounts', 'extra', '', 1],
      ['payments', 'missing', '', 2],
      ['payments', 'extra', '', 1],
      ['totals', 'different', 'amount', 1],
    ],
  );
  const sampled = await verifyProjection({ ...world, knex }, accounts, { sample: 5 });
  for (const { aggregateId, table } of sampled.tables.flatMap((each) => each.differences))
    t.true(
      ids.some((id) => id.hex === aggregateId),
      `${table}: ${aggregateId}`,
    );
});

test('a sample finds rows that no event of its aggregates accounts for, and leaves those of others alone', async (t) => {
  const world = await aWorld();
  const { schema, ids } = world;
  const [, , , , , last] = ids as readonly [Timestamp, Timestamp, Timestamp, Timestamp, Timestamp, Timestamp];
  await knex.raw(`INSERT INTO ??.payments (account, amount) SELECT account, 999 FROM ??.payments GROUP BY account`, [
    schema,
    schema,
  ]);
  await knex.raw(`INSERT INTO ??.payments (account, amount) VALUES (?, 5)`, [schema, anId().toString()]);
  const found = await differences(world, { sample: 5 });
  t.is(found.length, 1, last.hex);
  t.deepEqual(found[0]?.slice(0, 3), ['payments', 'extra', '']);
  t.true([4, 5].includes(found[0]?.[3] ?? 0), 'one of each sampled account that is open, and not that of no account');
});

test('only what the live copy has taken in is expected of it, without events that were skipped', async (t) => {
  const world = await aWorld();
  const { schema, ids, copy } = world;
  const [, behind, skipping] = ids as [Timestamp, Timestamp, Timestamp];
  const store = new PostgresStore(knex, { schema });
  await store.commitEvents([anEvent(behind, { sequence: 4, type: 'paid', body: { amount: 1 } })]);
  t.deepEqual(await differences(world, { all: true }), []);
  await store.commitEvents([anEvent(skipping, { sequence: 4, type: 'paid', body: { amount: 1 } })]);
  await knex.raw('UPDATE ??.maestro_positions SET sequence = 4 WHERE aggregate_id = ?', [schema, skipping.encode()]);
  t.is((await differences(world, { all: true })).length, 3);
  await knex.raw(
    `INSERT INTO ??.maestro_skipped (copy, aggregate_id, sequence, error, reason) VALUES (?, ?, 4, 'boom', 'a test')`,
    [schema, copy, skipping.encode()],
  );
  t.deepEqual(await differences(world, { all: true }), []);
});

test('events that the handlers cannot take in any more are named, and all others were tried', async (t) => {
  const world = await aWorld();
  const [, , poison] = world.ids as [Timestamp, Timestamp, Timestamp];
  const changed = {
    ...accounts,
    project: async (event: { aggregateId: Timestamp; sequence: number }) => {
      if (event.aggregateId.hex === poison.hex && event.sequence === 2) throw new Error('no money');
    },
  } satisfies ReadModelDefinition;
  const { failures, tables, events } = await verifyProjection(world, changed, { all: true });
  t.deepEqual(failures, [{ aggregateId: poison.hex, sequence: 2, error: 'no money' }]);
  t.deepEqual([tables, events], [[], 19]);
  const broken = { ...accounts, project: () => Promise.reject(new Error('nothing works')) };
  const many = await aWorld(accounts, { count: 30 });
  t.is((await verifyProjection(many, broken, { all: true })).failures.length, 20, 'then it gives up');
});

test('tables of another shape are a difference', async (t) => {
  const world = await aWorld();
  const { schema } = world;
  await knex.raw(`ALTER TABLE ??.accounts ADD note text; ALTER TABLE ??.payments DROP amount; DROP TABLE ??.totals`, [
    schema,
    schema,
    schema,
  ]);
  t.deepEqual(await differences(world, { all: true }), [
    ['accounts', 'extra columns', 'note', 0],
    ['payments', 'missing columns', 'amount', 0],
    ['totals', 'no table', '', 0],
  ]);
});

test('handlers see one moment, however much is written meanwhile, and what they write elsewhere is rolled back', async (t) => {
  const world = await aWorld();
  const { schema, ids } = world;
  const store = new PostgresStore(knex, { schema });
  let writes = 0;
  const { project } = accounts as ReadModelDefinition;
  const disturbed: ReadModelDefinition = {
    ...(accounts as ReadModelDefinition),
    project: async (event, trx) => {
      if (writes === 0) {
        writes += 1;
        await store.commitEvents([anEvent(ids[3], { sequence: 4, type: 'paid', body: { amount: 1 } })]);
        await knex.raw('UPDATE ??.maestro_positions SET sequence = 4 WHERE aggregate_id = ?', [
          schema,
          ids[3]?.encode() ?? '',
        ]);
        await knex.raw('UPDATE ??.totals SET amount = 0', [schema]);
      }
      await (typeof project === 'function' ? project : project?.[event.type])?.(event, trx);
    },
  };
  t.deepEqual(await differences(world, { all: true }, disturbed as typeof accounts), []);
  t.is(writes, 1);
  await schemasLeft(t, world);
});

test('what cannot be compared is refused with the remedy', async (t) => {
  const world = await aWorld();
  const definition = accounts as ReadModelDefinition;
  for (const [changed, message] of [
    [{ setUp: undefined }, /The projection accounts has no `setUp`/],
    [{ version: 2 }, /Version 1 of accounts is live, and these handlers are version 2/],
    [{ name: 'others' }, /The projection others has no live tables yet/],
  ] as const)
    await t.throwsAsync(verifyProjection(world, { ...definition, ...changed }), {
      message,
      code: 'MAESTRO_INVALID_ARGUMENT',
    });
});

test('histories that are read in several pages are taken in whole', async (t) => {
  const { knex, schema } = await aWorld(accounts, { count: 60 });
  const [{ count } = { count: '' }] = await knex('event_log')
    .withSchema(schema)
    .count<{ count: string }[]>('* as count');
  const { events, failures, tables } = await verifyProjection({ knex, schema }, accounts, { all: true });
  t.deepEqual([events, failures, tables.flatMap(({ differences }) => differences)], [Number(count), [], []]);
  t.true(events > 128, 'the first page has 64');
});
