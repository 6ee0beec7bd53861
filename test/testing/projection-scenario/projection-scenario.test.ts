import test from 'ava';
import { z } from 'zod';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { defineProjection, type ProjectionDescription } from '../../../src/projection/define-projection.js';
import { projectionScenario, ScenarioError } from '../../../src/testing/index.js';
import { query } from '../../../src/store/read/rows.js';
import { useTestDatabase } from '../../support/database.js';

const database = useTestDatabase(test, { migrated: false });

const Account = defineAggregate({
  name: 'account',
  initialState: () => ({ balance: 0 }),
  commands: {},
  schemas: { opened: z.object({ owner: z.string(), on: z.string().transform((text) => new Date(text)) }) },
  events: {
    opened: (state) => state,
    deposited: ({ balance }, { amount }: { amount: number }) => ({ balance: balance + amount }),
  },
  aliases: { deposited: ['paid_in'] },
  upcasters: { deposited: (body) => ('sum' in body ? { amount: Number(body['sum']) * 100 } : body) },
  owns: { firstEvents: ['opened'] },
});

const ada = Timestamp.of({ time: 1, nodeId: 1n });
const bob = Timestamp.of({ time: 2, nodeId: 1n });
const opened = (owner: string) => ({ type: 'opened', body: { owner, on: '2026-01-01' } }) as const;
const deposited = (amount: number) => ({ type: 'deposited', body: { amount } }) as const;

type Description = ProjectionDescription<readonly [typeof Account]>;

/** A projection with the tables `owners` and `deposits`, and its changes. */
function owners(change: { [Key in keyof Description]?: Description[Key] | undefined } = {}) {
  return defineProjection({
    name: 'owners',
    from: [Account],
    setUp: async (trx) => {
      await trx.schema.createTable('owners', (table) => {
        table.binary('id').primary();
        table.text('owner').notNullable();
        table.integer('balance').notNullable();
        table.timestamp('opened').notNullable();
      });
      await trx.schema.createTable('deposits', (table) => {
        table.binary('id');
        table.integer('sequence');
        table.text('stored_type');
        table.primary(['id', 'sequence']);
      });
    },
    project: {
      opened: ({ aggregateId, body }, trx) =>
        trx('owners').insert({ id: aggregateId.encode(), owner: body.owner, balance: 0, opened: body.on }),
      deposited: async ({ aggregateId, sequence, body, storedType }, trx) => {
        await trx('owners').where({ id: aggregateId.encode() }).increment('balance', body.amount);
        await trx('deposits').insert({ id: aggregateId.encode(), sequence, stored_type: storedType });
      },
    },
    ...change,
  });
}

/** A projection of one table `things`, with a way to fill it. */
function things(column: string, project: Description['project']) {
  return defineProjection({
    name: 'things',
    from: [Account],
    setUp: async (trx) => {
      await trx.raw(`CREATE TABLE things (${column})`);
    },
    project,
  } satisfies Description);
}

const opening = new Date('2026-01-01');
const rowOf = (id: Timestamp, owner: string, balance: number) => ({ id: id.encode(), owner, balance, opened: opening });

async function schemasLeft(): Promise<unknown> {
  return await query(
    database.knex,
    "SELECT nspname FROM pg_namespace WHERE nspname ~ '^maestro_((build|retired)_maestro_)?scenario'",
  );
}

test('rows are as expected, in any order; nothing is left behind', async (t) => {
  const scenario = projectionScenario(owners(), database)
    .given([ada, opened('Ada'), deposited(50)], [bob, opened('Bob')], [ada, deposited(5)])
    .given([bob, deposited(1)]);
  await scenario.thenRows('owners', [rowOf(bob, 'Bob', 1), rowOf(ada, 'Ada', 55)]);
  await scenario.thenTables({
    owners: [rowOf(ada, 'Ada', 55), rowOf(bob, 'Bob', 1)],
    deposits: [2, 3]
      .map((sequence) => ({ id: ada.encode(), sequence, stored_type: 'deposited' }))
      .concat([{ id: bob.encode(), sequence: 2, stored_type: 'deposited' }]),
  });
  t.is((await scenario.rows('deposits')).length, 3);
  t.deepEqual(await schemasLeft(), []);
});

test('a scenario without events has empty tables', async (t) => {
  await projectionScenario(owners(), database).thenTables({ owners: [], deposits: [] });
  t.pass();
});

test('events of older code and of other programs are taken in, too', async (t) => {
  const scenario = projectionScenario(owners(), database)
    .given([ada, opened('Ada')])
    .givenStored(
      [ada, { type: 'paid_in', body: { sum: 2 }, metadata: { by: 'Bob' } }, { type: 'unknown', body: {} }],
      [bob, { type: 'begun', body: { of: 'something else' } }],
    );
  await scenario.thenTables({
    owners: [rowOf(ada, 'Ada', 200)],
    deposits: [{ id: ada.encode(), sequence: 2, stored_type: 'paid_in' }],
  });
  t.pass();
});

test('other rows than expected are shown, from the line of the test', async (t) => {
  const scenario = projectionScenario(owners(), database).given([ada, opened('Ada')]);
  const error = await t.throwsAsync(scenario.thenRows('owners', [rowOf(ada, 'Ada', 7)]), { instanceOf: ScenarioError });
  t.regex(
    error?.message ?? '',
    /^The table owners has other rows than expected\.\n\n- expected\n\+ actual\n[\s\S]*-   balance: 7,\n\+   balance: 0,/,
  );
  t.regex(
    error?.stack?.split('\n').find((line) => line.startsWith('    at ')) ?? '',
    /projection-scenario\.test\.[jt]s/,
  );
  t.like(error, { expected: [{ balance: 7 }], actual: [{ balance: 0 }] });
  await t.throwsAsync(scenario.thenRows('ownrs', []), { message: 'setUp of owners makes no table ownrs.' });
});

const fails = () => {
  throw new RangeError('no room');
};

for (const [how, failing, message] of [
  ['in a commit', owners({ project: { opened: fails } }), /^A commit cannot have owners take in the event "opened" at/],
  ['in a batch', owners({ projectBatch: fails }), /^A worker cannot have owners take in the event at sequence 1 of/],
] as const)
  test(`a handler that fails ${how} is named with its event`, async (t) => {
    const error = await t.throwsAsync(
      projectionScenario(failing, database)
        .given([ada, opened('Ada')])
        .rows('owners'),
      {
        instanceOf: ScenarioError,
        message: /sequence 1 of 00000000000100000000000000000001[\s\S]*RangeError: no room/,
      },
    );
    t.regex(error?.message ?? '', message);
    t.like(error?.cause, { message: 'no room' });
  });

const DIFFER: readonly (readonly [what: string, column: string, project: Description['project']])[] = [
  [
    'on the order of aggregates',
    'owner text',
    async ({ type, body }, trx) => {
      if (type !== 'opened') return;
      await trx('things').delete();
      await trx('things').insert({ owner: body.owner });
    },
  ],
  [
    'on a serial number',
    'n serial, owner text',
    { opened: ({ body }, trx) => trx('things').insert({ owner: body.owner }) },
  ],
  [
    'on the time of the server',
    'at timestamptz DEFAULT now(), owner text',
    { opened: ({ body }, trx) => trx('things').insert({ owner: body.owner }) },
  ],
  [
    'on what it remembers',
    'n integer',
    (() => {
      let n = 0;
      return { opened: (_event, trx) => trx('things').insert({ n: (n += 1) }) };
    })(),
  ],
];

for (const [what, column, project] of DIFFER)
  test(`a projection that depends ${what} is found`, async (t) => {
    const scenario = projectionScenario(things(column, project), database).given(
      [ada, opened('Ada')],
      [bob, opened('Bob')],
    );
    const error = await t.throwsAsync(scenario.rows('things'), { instanceOf: ScenarioError });
    t.regex(
      error?.message ?? '',
      /^The table things of things comes out differently by commits and by a worker that catches up/,
    );
    t.regex(error?.message ?? '', /- by commits\n\+ caught up by a worker/);
  });

test('a batch handler that does other than the one for single events is found', async (t) => {
  const different = owners({
    projectBatch: async (events, trx) => {
      for (const { aggregateId, type, body } of events)
        if (type === 'opened')
          await trx('owners').insert({ id: aggregateId.encode(), owner: body.owner, balance: 1, opened: body.on });
    },
  });
  await t.throwsAsync(
    projectionScenario(different, database)
      .given([ada, opened('Ada')])
      .rows('owners'),
    {
      instanceOf: ScenarioError,
      message: /-   balance: 0,\n\+   balance: 1,/,
    },
  );
});

test('what erased() leaves behind, or fails on, is found', async (t) => {
  const rowsOf = (erased: Description['erased']) =>
    projectionScenario(owners({ erased }), database)
      .given([ada, opened('Ada'), deposited(5)])
      .rows('deposits');
  t.is(
    (
      await rowsOf(async (id, trx) => {
        for (const table of ['owners', 'deposits']) await trx(table).where({ id: id.encode() }).delete();
      })
    ).length,
    1,
  );
  await t.throwsAsync(
    rowsOf((id, trx) => trx('owners').where({ id: id.encode() }).delete()),
    {
      instanceOf: ScenarioError,
      message:
        /^After `erased` was called[\s\S]*cannot have owners take in the event at sequence 2 [\s\S]*deposits_pkey/,
    },
  );
  await t.throwsAsync(
    rowsOf((id, trx) => trx('owner').delete()),
    { instanceOf: ScenarioError, message: /owners cannot remove [\s\S]*"owner" does not exist/ },
  );
});

test('rows that erased() leaves, and that are counted twice, are shown', async (t) => {
  const counting = defineProjection({
    name: 'counts',
    from: [Account],
    setUp: (trx) => trx.raw('CREATE TABLE counts (owner text PRIMARY KEY, n integer NOT NULL)'),
    project: {
      opened: ({ body }, trx) =>
        trx.raw('INSERT INTO counts VALUES (?, 1) ON CONFLICT (owner) DO UPDATE SET n = counts.n + 1', [body.owner]),
    },
    erased: () => {},
  });
  const error = await t.throwsAsync(
    projectionScenario(counting, database)
      .given([ada, opened('Ada')])
      .rows('counts'),
    {
      instanceOf: ScenarioError,
    },
  );
  t.regex(
    error?.message ?? '',
    /^The table counts of counts is another one after `erased`[\s\S]*-   n: 1,\n\+   n: 2,/,
  );
});

test('what is given has to be events of the aggregates', (t) => {
  const scenario = projectionScenario(owners(), database);
  t.throws(() => scenario.given([ada, deposited(1)]), {
    message: /^The aggregate .* begins with the event "deposited", belongs to none of/,
  });
  t.throws(() => scenario.given([ada, opened('Ada'), { type: 'closed', body: {} } as never]), {
    code: 'MAESTRO_INVALID_HANDLER',
  });
  t.throws(() => scenario.given([ada, opened('Ada'), { ...deposited(1), foo: 1 } as never]), {
    message: /has the key "foo"/,
  });
  t.throws(() => scenario.given(['ada', opened('Ada')] as never), {
    message: /each a list of an aggregate's id and its events/,
  });
  t.throws(() => scenario.given(ada as never, opened('Ada') as never), {
    message: /each a list of an aggregate's id and its events/,
  });
  t.throws(() => scenario.given([ada, { type: 'opened', body: { owner: 'Ada', on: 1 } } as never]), {
    code: 'MAESTRO_EVENT_SCHEMA',
  });
  t.throws(() => scenario.givenStored([ada, { type: '', body: {} }]), { code: 'MAESTRO_INVALID_EVENT' });
});

test('a scenario of which nothing is expected fails when a test awaits or returns it', async (t) => {
  const forgotten = async () => await (projectionScenario(owners(), database).given([ada, opened('Ada')]) as unknown);
  await t.throwsAsync(forgotten, { instanceOf: ScenarioError, message: /^Nothing is expected of owners, .*thenRows/ });
});

test('a scenario needs a projection with setUp, and a database', (t) => {
  t.throws(() => projectionScenario(Account as never, database), {
    message: /takes a projection; make one with defineProjection/,
  });
  t.throws(() => projectionScenario(owners({ setUp: undefined }), database), {
    message: /owners has no setUp/,
  });
  t.throws(() => projectionScenario(owners(), undefined as never), { message: /takes a database/ });
});
