import test from 'ava';
import {
  Clock,
  defineAggregate,
  InvalidArgumentError,
  MemoryStore,
  openAggregates,
  SequenceConflictError,
  type Store,
} from '../../src/index.js';
import { useTestDatabase } from '../support/database.js';
import { anId } from '../support/data/factories.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 4 });
const memory = new MemoryStore();
const STORES: Readonly<Record<string, () => Store>> = {
  'a server': () => plain.store(),
  'a partitioned log': () => partitioned.store(),
  memory: () => memory,
};

const Jar = defineAggregate({
  name: 'jar',
  initialState: () => ({ coins: 0 }),
  commands: {
    put: (_state, { coins }: { coins: number }) => [{ type: 'put', body: { coins } }],
    take: (state, { coins }: { coins: number }, { reject }) =>
      coins > state.coins ? reject('too_few') : [{ type: 'put', body: { coins: -coins } }],
    shake: () => [],
  },
  events: { put: (state, { coins }: { coins: number }) => ({ coins: state.coins + coins }) },
});
const put = { type: 'put', data: { coins: 1 } } as const;
const take = { type: 'take', data: { coins: 5 } } as const;

for (const [where, store] of Object.entries(STORES)) {
  const jars = () => openAggregates(Jar, { store: store(), clock: new Clock() });

  test(`on the expected sequence a command is decided, on any other none, on ${where}`, async (t) => {
    const [mine, theirs] = [jars(), jars()];
    const id = anId();
    const first = await mine.evaluate(id, put, { expect: 0 });
    t.like(first, { ok: true, value: { sequence: 1, state: { coins: 1 } } });
    t.deepEqual(await mine.getWithSequence(id), { state: { coins: 1 }, sequence: 1 });
    t.true((await theirs.evaluate(id, put, { expect: 1 })).ok);
    t.deepEqual(await mine.getWithSequence(id), { state: { coins: 1 }, sequence: 1 }, 'as this process knows it');

    // Neither a rejection nor a command without events is answered for a state that nobody expected.
    for (const command of [put, take, { type: 'shake' } as const]) {
      const error = await t.throwsAsync(mine.evaluate(id, command, { expect: 1 }), {
        instanceOf: SequenceConflictError,
        message: `The last sequence of ${id.hex} was expected to be 1, but it is 2; nothing was committed.`,
      });
      t.like(error, { aggregateId: id.hex, expected: 1, found: 2, code: 'MAESTRO_SEQUENCE_CONFLICT' });
    }
    await t.throwsAsync(mine.evaluate(id, put, { expect: 3 }), { instanceOf: SequenceConflictError });
    t.deepEqual(await theirs.fetchWithSequence(id), { state: { coins: 2 }, sequence: 2 });
    t.deepEqual(await mine.evaluate(id, take, { expect: 2 }), { ok: false, error: 'too_few' });
    t.like(await mine.evaluate(id, { type: 'shake' }, { expect: 2 }), { ok: true, value: { events: [], sequence: 2 } });
  });

  test(`of all who expect the same sequence one is answered, the others are told, on ${where}`, async (t) => {
    const id = anId();
    const processes = Array.from({ length: 4 }, jars);
    for (let expect = 0; expect < 3; expect += 1) {
      const answers = await Promise.allSettled(
        processes.flatMap((process) => Array.from({ length: 4 }, () => process.evaluate(id, put, { expect }))),
      );
      const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
      t.is(refused.length, 15);
      for (const error of refused) {
        t.true(error instanceof SequenceConflictError, String(error));
        t.like(error, { expected: expect, found: expect + 1 });
      }
    }
    t.is((await store().getEvents(id, 1)).length, 3);
  });
}

test('inside a transaction the sequence is the one that the transaction sees', async (t) => {
  const jars = openAggregates(Jar, { store: plain.store() });
  const id = anId();
  await plain.knex.transaction(async (transaction) => {
    t.true((await jars.evaluate(id, put, { expect: 0, transaction })).ok);
    t.deepEqual(await jars.getWithSequence(id, { transaction }), { state: { coins: 1 }, sequence: 1 });
    await t.throwsAsync(jars.evaluate(id, put, { expect: 0, transaction }), { instanceOf: SequenceConflictError });
    t.true((await jars.evaluate(id, put, { expect: 1, transaction })).ok, 'the transaction goes on');
  });
  t.deepEqual(await jars.fetchWithSequence(id), { state: { coins: 2 }, sequence: 2 });
});

test('what is expected is a sequence, or 0', async (t) => {
  const jars = openAggregates(Jar, { store: memory });
  for (const expect of [-1, 1.5, Number.NaN, 2 ** 31, '1' as never, null as never])
    await t.throwsAsync(jars.evaluate(anId(), put, { expect }), {
      instanceOf: InvalidArgumentError,
      message: /^expect must be a sequence, or 0 for no events; got /,
    });
});
