import test, { type ExecutionContext } from 'ava';
import { Clock, defineAggregate, openAggregates, SequenceConflictError } from '../../src/index.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { Ledger } from '../support/data/ledger.js';
import { anId } from '../support/data/factories.js';
import { testKnex, useTestDatabase } from '../support/database.js';
import { overriding } from '../support/servers/overriding.js';
import { TALLIES } from './tally.js';

const database = useTestDatabase(test);

test.before(async () => {
  await database.knex.raw('CREATE TABLE ??.journal (sequence int PRIMARY KEY)', [database.schema]);
});

/** A ledger whose events are also in a journal, by a projection in the transaction of each commit. */
const Journaled = defineAggregate({
  name: 'ledger',
  initialState: () => ({ entries: 0 }),
  commands: {
    enter: (_state, { token }: { token: string }) => [
      { type: 'entered', body: { token } },
      { type: 'confirmed', body: { token } },
    ],
  },
  events: {
    entered: ({ entries }, _body: { token: string }) => ({ entries: entries + 1 }),
    confirmed: (state, _body: { token: string }) => state,
  },
  projections: [
    async ({ sequence }, transaction) => {
      await transaction('journal').withSchema(database.schema).insert({ sequence });
    },
  ],
});

/** A store as another process has it, with one connection, and the number of turns that it was asked for. */
function aProcess(t: ExecutionContext): { readonly store: PostgresStore; readonly turns: () => number } {
  const knex = testKnex({ pool: { min: 0, max: 1 } });
  t.teardown(() => knex.destroy());
  const real = new PostgresStore(knex, { schema: database.schema });
  let count = 0;
  const store = overriding(real, {
    commitInTurn: (turn) => {
      count += 1;
      return real.commitInTurn(turn);
    },
  });
  return { store, turns: () => count };
}

const add = (by: number) => ({ type: 'add', data: { by } }) as const;

/** Two processes that know an aggregate, of which one has written since the other has read. */
async function outdated(t: ExecutionContext) {
  const [mine, theirs] = [aProcess(t), aProcess(t)];
  const tallies = openAggregates(TALLIES.every3, { store: mine.store, clock: new Clock() });
  const others = openAggregates(TALLIES.every3, { store: theirs.store, clock: new Clock() });
  const id = anId();
  await tallies.evaluate(id, add(1));
  await others.evaluate(id, add(10));
  return { tallies, others, id, turns: mine.turns };
}

test('after a conflict a command waits for its turn, and so do the next ones while others write in between', async (t) => {
  const { tallies, others, id, turns } = await outdated(t);
  t.is(turns(), 0);
  for (let count = 1; count <= 5; count += 1) {
    t.like(await tallies.evaluate(id, add(1)), { ok: true, value: { sequence: 2 * count + 1 } });
    t.is(turns(), count);
    await others.evaluate(id, add(10));
  }
  t.like(await tallies.fetch(id), { count: 66, changes: 12 });
});

test('when others write no more, commands wait for no turn', async (t) => {
  const { tallies, id, turns } = await outdated(t);
  for (let count = 1; count <= 6; count += 1) await tallies.evaluate(id, add(1));
  t.is(turns(), 1, 'the one after the conflict');
});

test('a rejection and an expected sequence are about what is in the log when the turn has come', async (t) => {
  const { tallies, others, id, turns } = await outdated(t);
  t.true((await tallies.evaluate(id, add(1))).ok);
  await others.evaluate(id, { type: 'spend', data: { by: 12 } });
  t.deepEqual(await tallies.evaluate(id, { type: 'spend', data: { by: 5 } }), {
    ok: false,
    error: { lacking: 5, sequence: 4 },
  });
  const error = await t.throwsAsync(tallies.evaluate(id, add(1), { expect: 3 }), { instanceOf: SequenceConflictError });
  t.like(error, { expected: 3, found: 4 });
  t.like(await tallies.evaluate(id, add(1), { expect: 4 }), { ok: true, value: { sequence: 5, state: { count: 1 } } });
  t.is(turns(), 2, 'none for what is decided on the state that was read for it');
});

test('who has committed without a conflict makes room for those who wait', async (t) => {
  const { tallies, others, id, turns } = await outdated(t);
  const both = [tallies, others].map(async (each) => {
    for (let count = 1; count <= 40; count += 1) t.true((await each.evaluate(id, add(1))).ok);
  });
  await Promise.all(both);
  t.like(await tallies.fetch(id), { count: 91, changes: 82 });
  t.true(turns() > 0);
});

test('a snapshot that is due after a commit in a turn is stored, with the one connection of the pool', async (t) => {
  const { tallies, id } = await outdated(t);
  t.true((await tallies.evaluate(id, add(1))).ok);
  t.like(await database.store().getSnapshot(id), { sequence: 3 });
});

test('a command inside a transaction waits for no turn', async (t) => {
  const { tallies, others, id, turns } = await outdated(t);
  await tallies.evaluate(id, add(1));
  await others.evaluate(id, add(1));
  const before = turns();
  await database.knex.transaction(async (transaction) => {
    t.true((await tallies.evaluate(id, add(1), { transaction })).ok);
  });
  t.is(turns(), before);
});

for (const [what, options] of [
  ['', {}],
  [' with ids', { withId: true }],
  [' with a projection', { projected: true }],
] as const)
  test(`commands${what} of 16 writers of one aggregate are all carried out, each once`, async (t) => {
    const { withId = false, projected = false } = { withId: false, projected: false, ...options };
    const [writers, each] = [16, 12];
    const id = anId();
    const definition = projected ? Journaled : Ledger;
    const answers = await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const ledgers = openAggregates(definition, { store: aProcess(t).store, clock: new Clock() });
        const sequences: number[] = [];
        for (let count = 0; count < each; count += 1) {
          const token = `${writer}-${count}`;
          const options = withId ? { commandId: token } : {};
          const result = await ledgers.evaluate(id, { type: 'enter', data: { token } }, options);
          if (!result.ok) throw new Error('rejected');
          t.deepEqual(tokens(result.value.events), [token, token]);
          sequences.push(result.value.sequence);
        }
        t.deepEqual(
          sequences,
          sequences.toSorted((a, b) => a - b),
        );
        return sequences;
      }),
    );
    const all = await database.store().getEvents(id);
    t.deepEqual(
      answers.flat().sort((a, b) => a - b),
      Array.from({ length: writers * each }, (_, index) => 2 * index + 2),
    );
    t.is(all.length, 2 * writers * each);
    t.is(new Set(tokens(all)).size, writers * each);
    const { rows } = await database.knex.raw<{ rows: unknown[] }>('SELECT sequence FROM ??.journal ORDER BY sequence', [
      database.schema,
    ]);
    if (projected)
      t.deepEqual(
        rows,
        all.map(({ sequence }) => ({ sequence })),
      );
  });

const tokens = (events: readonly { readonly body: { readonly [key: string]: unknown } }[]) =>
  events.map(({ body }) => body['token']);
