import { once } from 'node:events';
import { testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import type { Definition } from '../../../src/aggregate/definition/definition.js';
import type { SnapshotPolicy, SnapshotPolicyFor } from '../../../src/aggregate/definition/snapshot-policy.js';
import { SnapshotIgnoredError, SnapshotLossError } from '../../../src/aggregate/snapshot/errors.js';
import { firstDifference } from '../../../src/aggregate/snapshot/first-difference.js';
import { assertRoundTrip } from '../../../src/aggregate/snapshot/assert-round-trip.js';
import { verifySnapshot } from '../../../src/aggregate/snapshot/verify-snapshot.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { encodeJson } from '../../../src/json/encode/encode.js';
import { ExactNumber } from '../../../src/json/exact-number.js';
import { decodeJson } from '../../../src/json/parse.js';
import type { JsonValue, NumberMode } from '../../../src/json/types.js';
import { withoutExponents } from '../../../src/json/encode/without-exponents.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { jsonBodies } from '../../support/data/arbitraries.js';
import { useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });
const embedded = useEmbeddedDatabase(test);
const memory = new MemoryStore();
const STORES: Readonly<Record<string, () => Store>> = {
  plain: () => plain.store(),
  partitioned: () => partitioned.store(),
  embedded: () => embedded.get().store,
  memory: () => memory,
};

interface Balance {
  readonly balance: bigint;
}

const AS_TEXT: SnapshotPolicy<Balance> = {
  encode: ({ balance }) => ({ balance: String(balance) }),
  decode: (json) => ({ balance: BigInt((json as { balance: string | number }).balance) }),
};

/** An account whose balance is a bigint, and whose handlers fail on a number. */
function anAccount(snapshot: SnapshotPolicy<Balance> = {}, numbers: NumberMode = 'lossless') {
  return defineAggregate({
    name: 'purse',
    initialState: (): Balance => ({ balance: 0n }),
    commands: {
      deposit: (_state, data: { amount: number }) => [{ type: 'deposited', body: data }],
      empty: (state) => [{ type: 'deposited', body: { amount: Number(0n - state.balance) } }],
      ask: (state, _data: undefined, { reject }) => reject(state.balance + 0n),
    },
    events: {
      deposited: (state, { amount }: { amount: number }) => ({ balance: state.balance + BigInt(amount) }),
    },
    // The compiler would refuse it.
    snapshot: snapshot as SnapshotPolicyFor<Balance>,
    numbers,
  });
}

const deposit = (amount: number) => ({ type: 'deposit', data: { amount } }) as const;
const LOSS =
  /^The state of the aggregate purse at sequence 1 of [0-9a-f]{32} would change when a snapshot of it is stored and read: state\.balance is a bigint, but is read as a number\.$/;

for (const [where, store] of Object.entries(STORES)) {
  test(`a bigint that comes back as a number is refused when the snapshot is taken, and commands go on: ${where}`, async (t) => {
    const id = anId();
    const told: unknown[] = [];
    const options = { store: store(), onSnapshotError: (error: unknown) => told.push(error) };
    const purses = openAggregates(anAccount({ every: 1 }), options);
    t.like(await purses.evaluate(id, deposit(5)), { ok: true, value: { sequence: 1 } });
    t.is(told.length, 1, 'the command has succeeded, and the application knows');
    const error = await t.throwsAsync(purses.snapshot(id), { instanceOf: SnapshotLossError, message: LOSS });
    t.deepEqual([error?.code, error?.path, error?.sequence], ['MAESTRO_SNAPSHOT_LOSS', 'state.balance', 1]);
    t.regex(error?.hint ?? '', /^No snapshot was stored\. Give the definition snapshot\.encode and snapshot\.decode/);
    t.is(await store().getSnapshot(id, 1), undefined);

    t.is(await openAggregates(anAccount(AS_TEXT), options).snapshot(id), 'committed');
    t.deepEqual(await openAggregates(anAccount(AS_TEXT), options).get(id), { balance: 5n });
    t.like(await openAggregates(anAccount(AS_TEXT), options).evaluate(id, deposit(7)), {
      value: { state: { balance: 12n } },
    });
  });

  test(`a snapshot of an earlier version of Maestro that lost a bigint is left aside, and named: ${where}`, async (t) => {
    const id = anId();
    await openAggregates(anAccount(), { store: store() }).evaluate(id, deposit(5));
    await store().commitSnapshot({ aggregateId: id, sequence: 1, body: { balance: 5 } });
    const told: SnapshotIgnoredError[] = [];
    const open = () =>
      openAggregates(anAccount(), {
        store: store(),
        onSnapshotError: (error) => told.push(error as SnapshotIgnoredError),
      });

    t.like(await open().evaluate(id, { type: 'ask' }), { ok: false, error: 5n }, 'a command handler fails on it');
    t.like(await open().evaluate(id, deposit(2)), { value: { state: { balance: 7n } } }, 'an event handler does');
    t.deepEqual(await open().get(id), { balance: 7n }, 'so does one for what is in the log');
    t.deepEqual(await open().replay(id, 2), { balance: 7n });
    t.like(await open().evaluate(id, { type: 'empty' }), { value: { state: { balance: 0n } } });
    t.true(told.length >= 4 && told.every((error) => error instanceof SnapshotIgnoredError && error.sequence === 1));
    t.regex(
      told[0]?.message ?? '',
      /^The stored snapshot of [0-9a-f]{32} at sequence 1 was not used, .*: state\.balance is a bigint, but is read as a number\.$/,
    );
    t.regex(told[0]?.hint ?? '', /maestro snapshot verify [0-9a-f]{32}`/);
  });
}

test('what an application throws in a command handler reads no history anew', async (t) => {
  const store = plain.store();
  const id = anId();
  let reads = 0;
  const Strict = defineAggregate({
    name: 'strict',
    initialState: () => ({ n: 0 }),
    commands: {
      count: () => [{ type: 'counted', body: {} }],
      refuse: (_state, data: { readonly error: Error }) => {
        throw data.error;
      },
    },
    events: {
      counted: ({ n }) => {
        reads += 1;
        return { n: n + 1 };
      },
    },
    snapshot: { every: 2 },
  });
  const first = openAggregates(Strict, { store });
  for (let n = 0; n < 4; n += 1) await first.evaluate(id, { type: 'count' });
  reads = 0;
  const counters = openAggregates(Strict, { store });
  const refuse = (error: Error) =>
    t.throwsAsync(counters.evaluate(id, { type: 'refuse', data: { error } }), { is: error });
  await refuse(new Error('closed on Sundays'));
  t.is(reads, 0);
  for (let n = 0; n < 3; n += 1) await refuse(new TypeError('of undefined'));
  t.is(reads, 4, 'what may be a state of the wrong shape is looked at once');
});

test('a state that is refused is tried again when the next snapshot is due, not at every command', async (t) => {
  const told: unknown[] = [];
  const purses = openAggregates(anAccount({ every: 3 }), {
    store: memory,
    onSnapshotError: (error) => told.push(error),
  });
  const id = anId();
  const counts: number[] = [];
  for (let n = 1; n <= 9; n += 1) {
    await purses.evaluate(id, deposit(1));
    counts.push(told.length);
  }
  t.deepEqual(counts, [0, 0, 1, 1, 1, 2, 2, 2, 3]);
});

test('an aggregate that leaves memory with a state that does not come back is told of, with the remedy', async (t) => {
  const purses = openAggregates(anAccount(), { store: memory, idle: { max: 0, snapshot: true } });
  const warned = once(process, 'warning');
  const id = anId();
  t.like(await purses.evaluate(id, deposit(1)), { ok: true });
  const [warning] = (await warned) as [Error & { detail?: string }];
  t.regex(warning.message, /could not be stored: The state of the aggregate purse .* state\.balance is a bigint/);
  t.regex(warning.detail ?? '', /snapshot\.encode/);
  t.is(await memory.getSnapshot(id, 1), undefined);
});

/** A purse with this state, whatever happens. */
function aStateful(state: unknown, snapshot: SnapshotPolicy<never>, numbers: NumberMode): Definition {
  return defineAggregate({
    name: 'odd',
    initialState: () => state as never,
    commands: { happen: () => [{ type: 'happened', body: {} }] },
    events: { happened: () => state as never },
    snapshot,
    numbers,
  });
}

class Money {
  constructor(readonly cents: number) {}
}

const same = {
  encode: (state: unknown) => state,
  decode: (json: JsonValue) => json,
} as unknown as SnapshotPolicy<never>;
const through = (encode: (state: never) => unknown, decode: (json: never) => unknown): SnapshotPolicy<never> =>
  ({ version: 1, encode, decode }) as SnapshotPolicy<never>;

/** States, how they are kept, and where they do not come back; nothing where they do. */
const CASES: readonly (readonly [
  what: string,
  state: unknown,
  snapshot: SnapshotPolicy<never>,
  problem?: RegExp,
  numbers?: NumberMode,
])[] = [
  ['JSON', { a: [1, 'x', null, { b: true }], c: {} }, {}],
  ['JSON of a version', [1, 2], { version: 1 }],
  ['numbers of every size', { n: [1e21, 1e-7, 2 ** 53, 2 ** 60, 0.1 + 0.2, 5e-324, 1.7e308] }, {}],
  ['numbers that are exact', { n: [1e-7, 2 ** 53 - 1, 0.1 + 0.2, 5e-324, 2.5e-9, 1.5] }, {}, undefined, 'lossless'],
  [
    'a number beyond 2^53 that is read as a bigint',
    { n: 1e21 },
    {},
    /state\.n is a number, but is read as a bigint/,
    'lossless',
  ],
  ['a bigint beyond 2^53 that is read as one', { n: 2n ** 60n }, {}, undefined, 'lossless'],
  ['a bigint beyond 2^53', { n: 2n ** 60n }, {}, /state\.n is a bigint, but is read as a number/],
  ['a bigint deep inside', { a: [{ b: 1n }] }, {}, /state\.a\[0\]\.b is a bigint/, 'lossless'],
  ['an exact number', { n: new ExactNumber('0.10000000000000000001') }, {}, undefined, 'lossless'],
  [
    'an exact number in plain',
    { n: new ExactNumber('0.10000000000000000001') },
    {},
    /is an ExactNumber, but is read as a number/,
  ],
  [
    'an exact number that is none when it is read',
    { n: new ExactNumber('12.50') },
    {},
    /is an ExactNumber, but is read as a number/,
    'lossless',
  ],
  [
    'an undefined key that encode leaves out',
    { a: 1, b: undefined },
    through(
      ({ a }) => ({ a }),
      (json) => json,
    ),
  ],
  ['an undefined key', { b: undefined }, {}, /body\.b is undefined.*/],
  ['NaN', { b: NaN }, {}, /body\.b is NaN/],
  ['negative zero', { b: -0 }, {}, /body\.b is negative zero/],
  ['a Date', { at: new Date(0) }, {}, /body\.at is a Date/],
  ['a Map', new Map([['a', 1]]), {}, /snapshot: body is a Map/],
  [
    'a Map that comes back',
    new Map([['a', 1n]]),
    through(
      (m: Map<string, bigint>) => [...m].map(([k, v]) => [k, String(v)]),
      (json: [string, string][]) => new Map(json.map(([k, v]) => [k, BigInt(v)])),
    ),
  ],
  [
    'a Map of which a value does not',
    new Map([['a', 1n]]),
    through(
      (m: Map<string, bigint>) => [...m].map(([k, v]) => [k, Number(v)]),
      (json: [string, number][]) => new Map(json),
    ),
    /state\.a is a bigint, but is read as a number/,
  ],
  [
    'a Map of which an entry is lost',
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    through(
      () => [['a', 1]],
      (json: [string, number][]) => new Map(json),
    ),
    /state has 2 entries, but is read with 1/,
  ],
  [
    'a Set that comes back in another order',
    new Set([1, 2]),
    through(
      () => [2, 1],
      (json: number[]) => new Set(json),
    ),
  ],
  [
    'a Set of which an item is another',
    new Set(['a']),
    through(
      () => ['b'],
      (json: string[]) => new Set(json),
    ),
    /state is read without one of its keys or items, a string/,
  ],
  [
    'a Date that stays a text',
    { at: new Date(0) },
    through(
      ({ at }: { at: Date }) => ({ at: at.toISOString() }),
      (json) => json,
    ),
    /state\.at is a Date, but is read as a string/,
  ],
  [
    'a Date that is another',
    { at: new Date(5) },
    through(
      ({ at }: { at: Date }) => ({ at: at.toISOString() }),
      () => ({ at: new Date(0) }),
    ),
    /state\.at is read with another value/,
  ],
  [
    'an instance that comes back',
    new Money(5),
    through(
      ({ cents }: Money) => cents,
      (json: number) => new Money(json),
    ),
  ],
  [
    'an instance that comes back without its class',
    new Money(5),
    through(
      ({ cents }: Money) => ({ cents }),
      (json) => json,
    ),
    /state is a Money, but is read as an object/,
  ],
  ['an instance', new Money(5), {}, /snapshot: body is a Money|is a Money/],
  [
    'a key that encode forgets',
    { a: 1, b: 2 },
    through(
      ({ a }) => ({ a }),
      (json) => json,
    ),
    /state\.b is a number, but is missing when read/,
  ],
  [
    'a key that decode adds',
    { a: 1 },
    through(
      (state) => state,
      (json: object) => ({ ...json, b: null }),
    ),
    /state\.b is missing, but is read as null/,
  ],
  [
    'a shorter list',
    { a: [1, 2] },
    through(
      () => ({ a: [1] }),
      (json) => json,
    ),
    /state\.a has 2 items, but is read with 1/,
  ],
  [
    'null for undefined in a list',
    [undefined],
    through(
      () => [null],
      (json) => json,
    ),
    /state\[0\] is missing, but is read as null/,
  ],
  ['a codec that changes nothing', { n: 1n }, same, /state\.n is a bigint/, 'lossless'],
  [
    'a decode that fails',
    { n: 1 },
    through(
      (state) => state,
      () => {
        throw new Error('no idea');
      },
    ),
    /function snapshot\.decode .* threw: no idea/,
  ],
  [
    'a key that is the mark of versions',
    { $maestro: { version: 1 } },
    {},
    /state\.\$maestro is the mark of snapshots with a version/,
  ],
];

for (const [what, state, snapshot, problem, numbers = 'plain'] of CASES)
  test(`${what}: ${problem === undefined ? 'comes back' : 'is refused, with its path'}`, async (t) => {
    for (const store of [plain.store(), memory]) {
      const id = anId();
      const definition = aStateful(state, snapshot, numbers);
      const told: Error[] = [];
      const odd = openAggregates(definition, { store, onSnapshotError: (error) => told.push(error as Error) });
      await odd.evaluate(id, { type: 'happen' });
      if (problem === undefined) {
        t.is(await odd.snapshot(id), 'committed');
        const read = await openAggregates(definition, { store }).get(id);
        t.is(firstDifference(state, read), undefined);
        t.deepEqual(await verdictOf(definition, id), store === memory ? undefined : { kind: 'same' });
      } else {
        await t.throwsAsync(odd.snapshot(id), { message: problem });
        t.is(await store.getSnapshot(id, 1), undefined);
      }
      t.deepEqual(told, []);
    }
  });

async function verdictOf(definition: Definition, id: Timestamp): Promise<unknown> {
  const stored = await plain.store().getStoredSnapshot(id, 1);
  return stored && (await verifySnapshot({ definition, store: plain.store(), id }, stored));
}

test('a right snapshot of which the state does not come back is told when snapshots are verified', async (t) => {
  const store = plain.store();
  const id = anId();
  await openAggregates(anAccount(), { store }).evaluate(id, deposit(5));
  await store.commitSnapshot({ aggregateId: id, sequence: 1, body: { balance: 5 } });
  await t.throwsAsync(verdictOf(anAccount(), id), { instanceOf: SnapshotLossError, message: LOSS });
  t.like(await verdictOf(anAccount(AS_TEXT), id), { kind: 'different' }, 'once there is a codec it can be fixed');
});

test('states that contain themselves, or are nested deeper than the stack, are compared', (t: ExecutionContext) => {
  const deep = (last: unknown) => {
    let value = last;
    for (let n = 0; n < 100_000; n += 1) value = { value };
    return value;
  };
  t.is(firstDifference(deep(1), deep(1)), undefined);
  t.is(firstDifference(deep(1), deep(1n))?.path.length, 100_000);
  const cycle = () => {
    const state: { self?: unknown; n: number } = { n: 1 };
    state.self = state;
    return state;
  };
  t.is(firstDifference(cycle(), cycle()), undefined);
});

for (const numbers of ['plain', 'lossless'] as const)
  testProp(
    `what was read from JSON comes back: ${numbers}`,
    [jsonBodies()],
    (t, body) => {
      const state = decodeJson(withoutExponents(textOf(body)), numbers);
      const made = { aggregateId: anId(), sequence: 1, body: textOf(state as object) };
      t.notThrows(() => assertRoundTrip(aStateful(state, {}, numbers), state, made));
    },
    { numRuns: 100 },
  );

function textOf(body: object): string {
  const encoded = encodeJson(body);
  if (!('text' in encoded)) throw new Error('no JSON');
  return encoded.text;
}

test('handlers see a number as the next process will read it, also one with an exponent', async (t) => {
  const Last = defineAggregate({
    name: 'last',
    initialState: (): { n: unknown } => ({ n: 0 }),
    commands: { set: (_state, data: { n: number; other: bigint }) => [{ type: 'set', body: data }] },
    events: { set: (_state, { n }: { n: number; other: bigint }) => ({ n }) },
    numbers: 'lossless',
  });
  for (const store of [plain.store(), memory])
    for (const n of [1e21, 1.5e300, 1e-7, 2.5e-9, 2 ** 60])
      for (const other of [1n, 2n ** 70n]) {
        const id = anId();
        const written = await openAggregates(Last, { store }).evaluate(id, { type: 'set', data: { n, other } });
        const { n: read } = await openAggregates(Last, { store }).get(id);
        t.deepEqual(written.ok && written.value.state.n, read, `${n}`);
        t.deepEqual(written.ok && written.value.events[0]?.body.n, read);
      }
});
