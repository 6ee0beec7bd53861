import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import {
  type Aggregates,
  Clock,
  CommandAnswerLostError,
  CommandIdReusedError,
  defineAggregate,
  InvalidArgumentError,
  InvalidHandlerError,
  MemoryStore,
  migrate,
  openAggregates,
  OutcomeUnknownError,
  PostgresStore,
  SequenceConflictError,
  type Store,
} from '../../src/index.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';
import { anId } from '../support/data/factories.js';
import { recordQueries } from '../support/servers/record-queries.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 4 });
const embedded = useEmbeddedDatabase(test);
const memory = new MemoryStore();
const STORES: Readonly<Record<string, () => Store>> = {
  'a server': () => plain.store(),
  'a partitioned log': () => partitioned.store(),
  'the embedded database': () => embedded.get().store,
  memory: () => memory,
};

const Purse = defineAggregate({
  name: 'purse',
  initialState: () => ({ coins: 0 }),
  commands: {
    put: (_state, { coins }: { coins: number }) => [
      { type: 'put', body: { coins } },
      { type: 'counted', body: {} },
    ],
    take: (state, { coins }: { coins: number }, { reject }) =>
      coins > state.coins ? reject('too_few') : [{ type: 'put', body: { coins: -coins } }],
    spare: (state) => (state.coins > 0 ? [] : [{ type: 'put', body: { coins: 1 } }]),
  },
  events: {
    put: (state, { coins }: { coins: number }) => ({ coins: state.coins + coins }),
    counted: (state) => state,
  },
  snapshot: { every: 5 },
});
type Purses = Aggregates<NonNullable<(typeof Purse)['types']>>;
const put = (coins: number) => ({ type: 'put', data: { coins } }) as const;
const take = (coins: number) => ({ type: 'take', data: { coins } }) as const;
const spare = { type: 'spare' } as const;

for (const [where, store] of Object.entries(STORES)) {
  const purses = (): Purses => openAggregates(Purse, { store: store(), clock: new Clock() });
  const count = async (id: ReturnType<typeof anId>) => (await store().getEvents(id, 1)).length;

  test(`a repeat gets the first answer, whatever has happened since, on ${where}`, async (t) => {
    const mine = purses();
    const id = anId();
    const first = await mine.evaluate(id, put(5), { commandId: 'a', metadata: { by: 'Ada' } });
    t.like(first, { ok: true, value: { sequence: 2, state: { coins: 5 } } });
    t.false('repeated' in (first.ok ? first.value : {}));
    const repeated = { ...first, value: { ...(first.ok ? first.value : {}), repeated: true } };
    t.deepEqual(await mine.evaluate(id, put(5), { commandId: 'a' }), repeated as never);

    // Later events, a snapshot after them, another process, and a state on which the command would be rejected.
    t.true((await mine.evaluate(id, take(5), { commandId: 'b' })).ok);
    await mine.evaluate(id, put(1));
    await mine.snapshot(id);
    const theirs = purses();
    t.deepEqual(await theirs.evaluate(id, put(5), { commandId: 'a' }), repeated as never);
    t.like(await theirs.evaluate(id, take(5), { commandId: 'b' }), {
      ok: true,
      value: { sequence: 3, state: { coins: 0 }, repeated: true },
    });
    t.is(await theirs.evaluate(id, put(5), { commandId: 'a', return: 'sequence' }).then((r) => r.ok && r.value), 2);
    t.is(await count(id), 5);
    t.deepEqual(await purses().fetchWithSequence(id), { state: { coins: 1 }, sequence: 5 });
    // The state in memory is still the one of now.
    t.like(await theirs.evaluate(id, put(1)), { ok: true, value: { sequence: 7, state: { coins: 2 } } });
  });

  test(`what was expected the first time is not asked again, on ${where}`, async (t) => {
    const mine = purses();
    const id = anId();
    t.true((await mine.evaluate(id, put(1), { commandId: 'a', expect: 0 })).ok);
    t.like(await mine.evaluate(id, put(1), { commandId: 'a', expect: 0 }), { ok: true, value: { repeated: true } });
    await t.throwsAsync(mine.evaluate(id, put(1), { commandId: 'b', expect: 0 }), {
      instanceOf: SequenceConflictError,
    });
    t.true((await mine.evaluate(id, put(1), { commandId: 'b', expect: 2 })).ok, 'nothing was remembered');
  });

  test(`a rejection is not remembered, a command without events is, on ${where}`, async (t) => {
    const mine = purses();
    const id = anId();
    t.deepEqual(await mine.evaluate(id, take(1), { commandId: 'a' }), { ok: false, error: 'too_few' });
    await mine.evaluate(id, put(1));
    const nothing = { events: [], state: { coins: 1 }, sequence: 2 };
    t.deepEqual(await mine.evaluate(id, spare, { commandId: 'b' }), { ok: true, value: nothing });
    t.like(await mine.evaluate(id, take(1), { commandId: 'a' }), { ok: true, value: { sequence: 3 } });
    // Now it would have an event.
    t.deepEqual(await purses().evaluate(id, spare, { commandId: 'b' }), {
      ok: true,
      value: { ...nothing, repeated: true },
    });
    t.is(await count(id), 3);
  });

  test(`the id of another command is refused, on ${where}`, async (t) => {
    const mine = purses();
    const id = anId();
    await mine.evaluate(id, put(1), { commandId: 'a' });
    for (const command of [put(2), take(1), take(9), spare]) {
      const error = await t.throwsAsync(mine.evaluate(id, command, { commandId: 'a' }), {
        instanceOf: CommandIdReusedError,
        message: /^The command id "a" was used for another command on /,
      });
      t.like(error, { aggregateId: id.hex, commandId: 'a', command: command.type, code: 'MAESTRO_COMMAND_ID_REUSED' });
    }
    t.is(await count(id), 2);
    t.true((await mine.evaluate(anId(), put(2), { commandId: 'a' })).ok, 'of another aggregate it is another id');
  });

  test(`of many callers at the same moment one carries it out, and all get the same answer, on ${where}`, async (t) => {
    const id = anId();
    const processes = Array.from({ length: 4 }, purses);
    const answers = await Promise.all(
      processes.flatMap((process) =>
        Array.from({ length: 8 }, () => process.evaluate(id, put(3), { commandId: 'same' })),
      ),
    );
    const values = answers.map((answer) => (answer.ok ? answer.value : undefined));
    t.is(values.filter((value) => value?.repeated === undefined).length, 1);
    const [first] = values.map((value) => ({ ...value, repeated: true }));
    for (const value of values) t.deepEqual({ ...value, repeated: true }, first);
    t.is(await count(id), 2);
  });
}

testProp(
  'whatever is repeated in whatever order, each command is carried out once, in the order of the first times',
  [fc.array(fc.record({ name: fc.nat(5), process: fc.nat(2) }), { minLength: 1, maxLength: 25 })],
  async (t, calls) => {
    const store = new MemoryStore();
    const processes = Array.from({ length: 3 }, () => openAggregates(Purse, { store, clock: new Clock() }));
    const id = anId();
    const answers = new Map<number, unknown>();
    for (const { name, process } of calls) {
      const result = await processes[process]?.evaluate(id, put(name), { commandId: String(name) });
      const { repeated, ...answer } = result?.ok ? result.value : { repeated: undefined };
      t.is(repeated, answers.has(name) ? true : undefined);
      t.deepEqual(answers.get(name) ?? answer, answer);
      answers.set(name, answer);
    }
    t.is((await store.getEvents(id, 1)).length, 2 * answers.size);
  },
  { numRuns: 30 },
);

test('a command with an id takes one statement, as one without does', async (t) => {
  const mine = openAggregates(Purse, { store: plain.store() });
  const id = anId();
  await mine.evaluate(id, put(1), { commandId: 'a' });
  const queries = recordQueries(plain.knex);
  t.teardown(() => queries.stop());
  await mine.evaluate(id, take(1));
  t.deepEqual(queries.about(id), ['INSERT']);
  await mine.evaluate(id, spare, { commandId: 'b' });
  t.deepEqual(queries.about(id), ['INSERT', 'WITH']);
});

test('inside a transaction a command is carried out once, and undone with it', async (t) => {
  const mine = openAggregates(Purse, { store: plain.store() });
  const id = anId();
  await t.throwsAsync(
    plain.knex.transaction(async (transaction) => {
      t.true((await mine.evaluate(id, put(1), { commandId: 'a', transaction })).ok);
      t.like(await mine.evaluate(id, put(1), { commandId: 'a', transaction }), { value: { repeated: true } });
      throw new Error('undo');
    }),
    { message: 'undo' },
  );
  const again = await mine.evaluate(id, put(1), { commandId: 'a' });
  t.false('repeated' in (again.ok ? again.value : {}));
});

test('with projections the command is remembered in the same transaction', async (t) => {
  let fails = true;
  const Watched = defineAggregate({
    name: 'watched',
    initialState: () => 0,
    commands: { count: () => [{ type: 'counted', body: {} }] },
    events: { counted: (count) => count + 1 },
    projections: [
      async (_event, transaction) => {
        await transaction.raw('SELECT 1');
        if (fails) throw new Error('no');
      },
    ],
  });
  const mine = openAggregates(Watched, { store: plain.store() });
  const id = anId();
  const count = () => mine.evaluate(id, { type: 'count' }, { commandId: 'a' });
  await t.throwsAsync(count(), { code: 'MAESTRO_PROJECTION' });
  fails = false;
  t.like(await count(), { ok: true, value: { sequence: 1, state: 1 } });
  t.like(await count(), { ok: true, value: { sequence: 1, state: 1, repeated: true } });
});

test('an answer whose events are gone is not given', async (t) => {
  const mine = openAggregates(Purse, { store: plain.store() });
  const id = anId();
  await mine.evaluate(id, put(1), { commandId: 'a' });
  await mine.evaluate(id, put(2), { commandId: 'b' });
  await plain.knex.raw(`DELETE FROM "${plain.schema}".event_log WHERE aggregate_id = ? AND sequence > 2`, [
    Buffer.from(id.encode()),
  ]);
  const theirs = openAggregates(Purse, { store: plain.store() });
  const error = await t.throwsAsync(theirs.evaluate(id, put(2), { commandId: 'b' }), {
    instanceOf: CommandAnswerLostError,
  });
  t.like(error, { aggregateId: id.hex, commandId: 'b', firstSequence: 3, lastSequence: 4 });
  t.like(await theirs.evaluate(id, put(1), { commandId: 'a' }), { value: { repeated: true, sequence: 2 } });
});

test('the same command is known by its value, not by its text', async (t) => {
  const Notes = defineAggregate({
    name: 'notes',
    initialState: () => 0,
    commands: { note: (_state, data: object) => [{ type: 'noted', body: data }] },
    events: { noted: (count) => count + 1 },
    numbers: 'lossless',
  });
  const mine = openAggregates(Notes, { store: memory });
  const id = anId();
  const note = (data: object) => mine.evaluate(id, { type: 'note', data }, { commandId: 'a' });
  t.true((await note({ b: 1, a: [10n ** 20n, { d: 'é', c: null }] })).ok);
  t.like(await note({ a: [10n ** 20n, { c: null, d: 'é' }], b: 1 }), { ok: true, value: { repeated: true } });
  for (const data of [
    { b: 1, a: [{ c: null, d: 'é' }, 10n ** 20n] },
    { b: '1', a: [10n ** 20n, { c: null, d: 'é' }] },
    { b: 1, a: [10n ** 20n + 1n, { c: null, d: 'é' }] },
    { b: 1, a: [10n ** 20n, { c: null, d: 'e\u0301' }] },
  ])
    await t.throwsAsync(note(data), { instanceOf: CommandIdReusedError });
});

test('a command id that cannot be kept, or for which nothing can be kept, is refused before anything is done', async (t) => {
  const mine = openAggregates(Purse, { store: memory });
  const id = anId();
  for (const [commandId, message] of [
    ['', 'commandId must have 1 to 200 code points; it has 0.'],
    ['x'.repeat(201), 'commandId must have 1 to 200 code points; it has 201.'],
    ['a\0', 'commandId contains U+0000, which PostgreSQL cannot store.'],
    ['\ud800', 'commandId contains a lone surrogate, which is not Unicode text.'],
    [7 as never, 'commandId must be a string; got 7.'],
    [null as never, 'commandId must be a string; got null.'],
  ] as const)
    await t.throwsAsync(mine.evaluate(id, put(1), { commandId }), { instanceOf: InvalidArgumentError, message });
  const data = { coins: 1, at: new Date(0), note: undefined };
  await t.throwsAsync(mine.evaluate(id, { type: 'put', data }, { commandId: 'a' }), {
    instanceOf: InvalidArgumentError,
    message: /^The command "put" has a commandId, so its data must be JSON: data\.at .*; data\.note /,
  });
  const methods = Object.fromEntries(
    ['commitAll', 'commitEvents', 'getEvents', 'streamEvents', 'getSnapshot', 'commitSnapshot', 'getCommand'].map(
      (name) => [name, (memory as unknown as Record<string, () => unknown>)[name]?.bind(memory)],
    ),
  );
  const other = openAggregates(Purse, { store: methods as unknown as Store });
  await t.throwsAsync(other.evaluate(id, put(1), { commandId: 'a' }), {
    instanceOf: InvalidArgumentError,
    message: 'This store cannot remember command ids: it lacks commitCommand or getCommand.',
  });
  t.is((await memory.getEvents(id, 1)).length, 0);
});

test('a database without the table says what to run, and works for everything else', async (t) => {
  const knex = plain.knex;
  const schema = `${plain.schema}_old`;
  t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  await migrate(knex, { schema });
  await knex.raw(`DROP TABLE "${schema}".maestro_commands`);
  const mine = openAggregates(Purse, { store: new PostgresStore(knex, { schema }) });
  const id = anId();
  t.true((await mine.evaluate(id, put(1))).ok);
  await t.throwsAsync(mine.evaluate(id, put(1), { commandId: 'a' }), {
    code: 'MAESTRO_NOT_MIGRATED',
    message: /maestro_commands/,
  });
  t.true((await mine.evaluate(id, put(1))).ok);
});

test('what a database without the table could not have remembered hides no other error, and ends no transaction', async (t) => {
  const { knex } = plain;
  const schema = `${plain.schema}_older`;
  t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  await migrate(knex, { schema });
  await knex.raw(`DROP TABLE "${schema}".maestro_commands`);
  const mine = openAggregates(Purse, { store: new PostgresStore(knex, { schema }) });
  const id = anId();
  await knex.transaction(async (transaction) => {
    const options = { commandId: 'a', transaction };
    await t.throwsAsync(mine.evaluate(id, { type: 'unknown' } as never, options), { instanceOf: InvalidHandlerError });
    await t.throwsAsync(mine.evaluate(id, take(1), options), { code: 'MAESTRO_NOT_MIGRATED' });
    t.true((await mine.evaluate(id, put(1), { transaction })).ok, 'the transaction goes on');
  });
  t.is((await mine.fetchWithSequence(id)).sequence, 2);
});

for (const [table, other] of [
  ['event_log', 'maestro_commands'],
  ['maestro_commands', 'event_log'],
] as const)
  test(`where a trigger drops rows of ${table}, nothing is kept in ${other} either`, async (t) => {
    const { knex } = plain;
    const schema = `${plain.schema}_${table}`;
    t.teardown(() => knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
    await migrate(knex, { schema });
    await knex.raw(
      `CREATE FUNCTION "${schema}".drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    );
    await knex.raw(
      `CREATE TRIGGER drop_row BEFORE INSERT ON "${schema}".${table} FOR EACH ROW EXECUTE FUNCTION "${schema}".drop_row()`,
    );
    const mine = openAggregates(Purse, { store: new PostgresStore(knex, { schema }) });
    const id = anId();
    await mine.fetch(id);
    // Alone, together with others, and of one event and of two.
    const failures = await Promise.allSettled([
      mine.evaluate(id, put(1), { commandId: 'a' }),
      ...Array.from({ length: 4 }, () => mine.evaluate(anId(), put(1), { commandId: 'b' })),
      mine.evaluate(anId(), spare, { commandId: 'c' }),
    ]);
    for (const failure of failures) t.like(failure, { status: 'rejected', reason: { code: 'MAESTRO_WRITE_MISMATCH' } });
    for (const each of [table, other]) t.is((await knex.raw(`SELECT FROM "${schema}".${each}`)).rows.length, 0, each);
    await knex.raw(`DROP TRIGGER drop_row ON "${schema}".${table}`);
    t.like(await mine.evaluate(id, put(1), { commandId: 'a' }), { ok: true, value: { sequence: 2 } });
  });

test('a command that waits for its turn is remembered as what it was carried out as', async (t) => {
  const mine = openAggregates(Purse, { store: plain.store() });
  const id = anId();
  const data = { coins: 1 };
  const metadata = { by: { user: 'Ada' } };
  const answers = [
    mine.evaluate(id, put(5)),
    mine.evaluate(id, { type: 'put', data }, { commandId: 'a', metadata }),
  ] as const;
  data.coins = 100;
  metadata.by.user = 'Eve';
  await Promise.all(answers);
  t.like(await mine.evaluate(id, put(100), { commandId: 'a' }), { value: { repeated: true, state: { coins: 105 } } });
  const [event] = await plain.store().getEvents(id, 3);
  t.deepEqual(event?.metadata, { by: { user: 'Ada' } });
});

test('an outcome that is unknown is to be asked for by the same command id', (t) => {
  const error = new OutcomeUnknownError([], new Error('reset'), 'reset', 'a');
  t.is(
    error.message,
    'The connection broke (reset) while the command "a" was being committed, so it is not known whether it was carried out.',
  );
  t.is(error.hint, 'Send the command again with the same commandId: its answer is the truth.');
});
