import { fileURLToPath } from 'node:url';
import { testProp } from '@fast-check/ava';
import { type } from 'arktype';
import test from 'ava';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { EventSchemaError, HandlerError } from '../../../src/aggregate/errors.js';
import type { MaestroError } from '../../../src/errors.js';
import { ExactNumber } from '../../../src/json/exact-number.js';
import { InvalidEventError } from '../../../src/store/errors.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { anEvent, anId } from '../../support/data/factories.js';

const HERE = fileURLToPath(import.meta.url);

/** An aggregate whose event handler for `happened` is the one given, and the id of one with such an event stored. */
async function oneThat(handler: (state: { n: number }, body: object) => unknown) {
  const store = new MemoryStore();
  const id = anId();
  await store.commitEvents([anEvent(id, { body: { n: 1, list: [1] } })]);
  const definition = defineAggregate({
    name: 'odd-one',
    initialState: () => ({ n: 0 }),
    commands: { happen: () => [{ type: 'happened', body: {} }] },
    events: { happened: handler as (state: { n: number }, body: object) => { n: number } },
  });
  return { store, id, odd: openAggregates(definition, { store }) };
}

const FAULTS: readonly (readonly [does: string, handler: (state: { n: number }) => unknown, message: RegExp])[] = [
  ['throws', () => JSON.parse('{'), /threw: .*JSON/],
  [
    'throws something that is no error',
    () => {
      throw 'a text'; // eslint-disable-line @typescript-eslint/only-throw-error
    },
    /threw: a text\./,
  ],
  ['returns a promise', async (state) => state, /returned a promise/],
  ['returns a promise that is rejected', async () => Promise.reject(new Error('unheard')), /returned a promise/],
  ['returns nothing', () => undefined, /returned undefined/],
  ['changes the state it is given', (state) => Object.assign(state, { n: 1 }), /threw: Cannot assign to read only/],
];

for (const [does, handler, message] of FAULTS)
  test(`an event handler that ${does} is named with the aggregate, the event and the file`, async (t) => {
    const { id, odd } = await oneThat(handler);

    const error = await t.throwsAsync(odd.get(id), { instanceOf: HandlerError, message });

    const facts = {
      aggregate: 'odd-one',
      handler: 'event',
      type: 'happened',
      sequence: 1,
      aggregateId: id.hex,
      file: HERE,
    };
    t.deepEqual(error?.handler, facts as typeof error.handler);
    for (const fact of ['odd-one', 'happened', 'sequence 1', id.hex])
      t.true(error?.message.includes(fact), error?.message);
    t.true(error?.hint?.includes(HERE), error?.hint);
  });

test('an event that its handler cannot take is not committed', async (t) => {
  const { store, odd } = await oneThat(() => {
    throw new Error('never');
  });
  const id = anId();
  await t.throwsAsync(odd.evaluate(id, { type: 'happen' }), { instanceOf: HandlerError, message: /sequence 1/ });
  t.deepEqual(await store.getEvents(id, 1), []);
});

const WRONG_ANSWERS: readonly (readonly [what: string, answer: () => unknown])[] = [
  ['nothing', () => undefined],
  ['a promise', async () => []],
  ['an event instead of a list', () => ({ type: 'happened', body: {} })],
  ['a list of something else', () => ['happened']],
  ['an event without a body', () => [{ type: 'happened' }]],
  ['a reason without reject()', () => 'no'],
];

for (const [what, answer] of WRONG_ANSWERS)
  test(`a command handler that returns ${what} is named, and nothing is committed`, async (t) => {
    const store = new MemoryStore();
    const definition = defineAggregate({
      name: 'odd-one',
      initialState: () => 0,
      commands: { happen: answer as () => [] },
      events: { happened: (state) => state },
    });
    const id = anId();
    const error = await t.throwsAsync(openAggregates(definition, { store }).evaluate(id, { type: 'happen' }), {
      instanceOf: HandlerError,
    });
    t.like(error?.handler, { handler: 'command', type: 'happen', aggregate: 'odd-one' });
    t.deepEqual(await store.getEvents(id, 1), []);
  });

test('what a command handler throws is the application’s own, and passes as it is', async (t) => {
  const thrown = new RangeError('too much');
  const definition = defineAggregate({
    name: 'odd-one',
    initialState: () => 0,
    commands: {
      happen: () => {
        throw thrown;
      },
    },
    events: {},
  });
  const odd = openAggregates(definition, { store: new MemoryStore() });
  t.is(await t.throwsAsync(odd.evaluate(anId(), { type: 'happen' })), thrown);
});

for (const [library, schema] of [
  ['zod', z.object({ on: z.string().transform((text) => new Date(text)), by: z.number().min(1) })],
  [
    'valibot',
    v.object({
      on: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
      by: v.pipe(v.number(), v.minValue(1)),
    }),
  ],
  ['arktype', type({ on: type('string').pipe((text) => new Date(text)), by: 'number >= 1' })],
] as const)
  test(`a schema of ${library} checks what is read and written, and its output is what handlers get`, async (t) => {
    const store = new MemoryStore();
    const Diary = defineAggregate({
      name: 'diary',
      initialState: (): { last: Date | null } => ({ last: null }),
      commands: { note: (_state, data: { on: string; by: number }) => [{ type: 'noted', body: data }] },
      schemas: { noted: schema },
      events: { noted: (_state, { on }) => ({ last: on }) },
    });
    const diaries = openAggregates(Diary, { store });
    const id = anId();

    await diaries.evaluate(id, { type: 'note', data: { on: '2026-01-02', by: 1 } });
    t.deepEqual(await openAggregates(Diary, { store }).get(id), { last: new Date('2026-01-02') });
    t.deepEqual((await store.getEvents(id, 1))[0]?.body, { on: '2026-01-02', by: 1 }, 'stored as it was written');

    const refused = await t.throwsAsync(diaries.evaluate(id, { type: 'note', data: { on: 'x', by: 0 } }), {
      instanceOf: EventSchemaError,
    });
    t.deepEqual(
      refused?.issues.map(({ path }) => path),
      ['by'],
    );
    t.is((await store.getEvents(id, 1)).length, 1);

    await store.commitEvents([anEvent(id, { sequence: 2, type: 'noted', body: { on: 'x', by: 'many' } })]);
    const error = await t.throwsAsync(diaries.fetch(id), { instanceOf: EventSchemaError, message: /sequence 2/ });
    t.like(error, { aggregate: 'diary', event: { sequence: 2, type: 'noted', aggregateId: id.hex } });
    t.true((error as MaestroError).hint?.includes('upcaster'));
  });

for (const [does, validate] of [
  [
    'throws',
    () => {
      throw new Error('no such unit');
    },
  ],
  ['answers with a promise', async () => ({ value: 1 })],
  [
    'answers with something like a promise',
    () => ({ then: (resolve: (value: unknown) => void) => resolve({ value: 1 }) }),
  ],
] as const)
  test(`a schema that ${does} is named`, async (t) => {
    const schema = { '~standard': { version: 1, vendor: 'odd', validate: validate as never } } as const;
    const definition = defineAggregate({
      name: 'odd-one',
      initialState: () => 0,
      commands: {},
      schemas: { happened: schema },
      events: { happened: (n) => n + 1 },
    });
    const store = new MemoryStore();
    const id = anId();
    await store.commitEvents([anEvent(id)]);
    const error = await t.throwsAsync(openAggregates(definition, { store }).get(id), { instanceOf: HandlerError });
    t.like(error?.handler, { handler: 'schema', type: 'happened', sequence: 1, aggregate: 'odd-one' });
  });

test('an upcaster turns old bodies into the newest shape, before the schema sees them', async (t) => {
  const store = new MemoryStore();
  const id = anId();
  await store.commitEvents([
    anEvent(id, { type: 'deposited', body: { euros: 1.5 } }),
    anEvent(id, { sequence: 2, type: 'deposited', body: { cents: 25 } }),
  ]);
  const seen: number[] = [];
  const Purse = defineAggregate({
    name: 'purse',
    initialState: () => ({ cents: 0 }),
    commands: { deposit: (_state, data: { cents: number }) => [{ type: 'deposited', body: data }] },
    schemas: { deposited: z.strictObject({ cents: z.int() }) },
    upcasters: {
      deposited: (body, { sequence }) => {
        seen.push(sequence);
        return 'euros' in body ? { cents: Number(body['euros']) * 100 } : body;
      },
    },
    events: { deposited: (state, { cents }) => ({ cents: state.cents + cents }) },
  });
  const purses = openAggregates(Purse, { store });
  t.deepEqual(await purses.get(id), { cents: 175 });
  t.deepEqual(seen, [1, 2]);
  await purses.evaluate(id, { type: 'deposit', data: { cents: 25 } });
  t.deepEqual(await openAggregates(Purse, { store }).get(id), await purses.get(id));
  t.deepEqual((await store.getEvents(id, 1, { maxSequence: 1 }))[0]?.body, { euros: 1.5 }, 'the log keeps what it has');
});

test('handlers see numbers as the definition asks for', async (t) => {
  const store = new MemoryStore();
  const types: string[] = [];
  const definition = (numbers: 'plain' | 'lossless') =>
    defineAggregate({
      name: 'big',
      initialState: () => 0n,
      commands: { add: (_state, data: { n: bigint }) => [{ type: 'added', body: data }] },
      events: {
        added: (state, { n }: { n: bigint }) => {
          types.push(typeof n);
          return state + BigInt(n);
        },
      },
      numbers,
    });
  const id = anId();
  await openAggregates(definition('lossless'), { store }).evaluate(id, { type: 'add', data: { n: 2n ** 60n + 1n } });
  t.is(await openAggregates(definition('lossless'), { store }).get(id), 2n ** 60n + 1n);
  t.is(await openAggregates(definition('plain'), { store }).get(id), 2n ** 60n);
  t.deepEqual(types, ['bigint', 'bigint', 'number']);
});

/** An aggregate whose events carry any number. */
const counting = (numbers: 'plain' | 'lossless', store = new MemoryStore()) =>
  openAggregates(
    defineAggregate({
      name: 'big',
      initialState: () => 0,
      commands: {
        add: (_state, data: { n: unknown }) => [{ type: 'added', body: data }],
      },
      events: { added: (state, _body: { n: unknown }) => state + 1 },
      numbers,
    }),
    { store },
  );

test('committed events have the numbers that the handler wrote, as it wrote them', async (t) => {
  const CASES = [
    ['plain', [1, 0.1 + 0.2, 2 ** 60, 1e21, 5e-324, Number.MAX_VALUE]],
    ['lossless', [1, 0.1 + 0.2, 2n ** 60n + 1n, 10n ** 40n]],
  ] as const;
  for (const [numbers, values] of CASES)
    for (const n of values) {
      const result = await counting(numbers).evaluate(anId(), { type: 'add', data: { n } }, { return: 'events' });
      t.deepEqual(result.ok && result.value.map(({ body }) => body), [{ n }], `${numbers}: ${n}`);
    }
});

testProp(
  "with numbers: 'plain' a bigint is refused exactly when it is beyond 2^53, and else read as that number",
  [fc.oneof(fc.bigInt(), fc.bigInt({ min: -(2n ** 53n) - 2n, max: 2n ** 53n + 2n }))],
  async (t, n) => {
    const store = new MemoryStore();
    const id = anId();
    const added = counting('plain', store).evaluate(id, { type: 'add', data: { n: [0, { n }] } });
    if (Number.isSafeInteger(Number(n))) {
      t.like(await added, { ok: true });
      t.deepEqual((await store.getEvents(id))[0]?.body, { n: [0, { n: Number(n) }] });
    } else {
      const error = await t.throwsAsync(added, { instanceOf: InvalidEventError });
      t.is(error?.issues[0]?.path, 'body.n[1].n');
      t.deepEqual(await store.getEvents(id), []);
    }
  },
);

test("a number that numbers: 'plain' would round is refused with its place and what to do", async (t) => {
  for (const [n, read] of [
    [2n ** 53n + 1n, '9007199254740992'],
    [10n ** 18n, '1000000000000000000'],
    [new ExactNumber('0.10000000000000000001'), '0.1'],
    [new ExactNumber('1e400'), 'Infinity'],
  ] as const) {
    const error = await t.throwsAsync(counting('plain').evaluate(anId(), { type: 'add', data: { n: { of: [n] } } }), {
      instanceOf: InvalidEventError,
      message: `event 0: body.n.of[0] is ${String(n)}, which would be read as the JavaScript number ${read}; define the aggregate big with numbers: 'lossless', or write the number as a text.`,
    });
    t.regex(error?.hint ?? '', /^Nothing was written\./);
    t.like(await counting('lossless').evaluate(anId(), { type: 'add', data: { n } }), { ok: true });
  }
  t.like(await counting('plain').evaluate(anId(), { type: 'add', data: { n: [5n, '12345678901234567890'] } }), {
    ok: true,
  });
});

test('the data of a command is its owner’s: changing it later changes no event', async (t) => {
  const definition = defineAggregate({
    name: 'list',
    initialState: (): { list: readonly number[] } => ({ list: [] }),
    commands: { put: (_state, data: { list: number[] }) => [{ type: 'put', body: data }] },
    events: { put: (_state, body: { list: readonly number[] }) => ({ list: body.list }) },
  });
  const lists = openAggregates(definition, { store: new MemoryStore() });
  const data = { list: [1] };
  const id = anId();
  const result = await lists.evaluate(id, { type: 'put', data });
  data.list.push(2);
  t.deepEqual(result.ok && result.value.events[0]?.body, { list: [1] });
  t.deepEqual(await lists.get(id), { list: [1] });
  const [event] = result.ok ? result.value.events : [];
  t.throws(
    () => Object.assign(event?.body ?? [], { list: [] }),
    { instanceOf: TypeError },
    'nor does whoever is shown the event',
  );
});

const UNUSABLE: readonly (readonly [what: string, change: object, message: RegExp])[] = [
  ['no name', { name: undefined }, /name/],
  ['a name for the command line to stumble over', { name: '--all' }, /name.*"--all"/],
  ['no initial state', { initialState: undefined }, /initialState is not a function/],
  ['no commands', { commands: undefined }, /commands is missing/],
  ['a handler that is no function', { events: { done: 1 } }, /events\.done is not a function/],
  ['a type that no event can have', { events: { ' done ': () => 0 } }, /" done " ends with a space/],
  ['a schema for nothing', { schemas: { undone: z.object({}) } }, /schemas\.undone is unknown; known are done/],
  ['a schema that is none', { schemas: { done: {} } }, /schemas\.done is not a Standard Schema/],
  ['an upcaster for nothing', { upcasters: { undone: () => ({}) } }, /upcasters\.undone/],
  ['a projection of nothing', { projections: [{ undone: () => {} }] }, /projections\[0\]\.undone/],
  [
    'a projection whose functions are methods of a class',
    {
      projections: [
        new (class {
          done() {}
        })(),
      ],
    },
    /projections\[0\]/,
  ],
  [
    'events that are methods of a class',
    {
      events: new (class {
        done = () => 0;
      })(),
    },
    /events is an instance of a class/,
  ],
  ['a projection of nothing at all', { projections: [{}] }, /projections\[0\] has no function/],
  ['projections that are no list', { projections: {} }, /projections is not a list/],
  ['no number of events', { snapshot: { every: 0 } }, /snapshot\.every .* got 0/],
  ['a version that JSON cannot keep', { snapshot: { version: {} } }, /snapshot\.version/],
  ['a misspelt option', { snapshot: { evry: 1 } }, /snapshot\.evry is unknown; known are every/],
  ['a misspelt property', { event: {} }, /event is unknown; known are name/],
  ['a first event that it does not have', { owns: { firstEvents: ['undone'] } }, /owns\.firstEvents: undone/],
  ['numbers of another kind', { numbers: 'exact' }, /numbers must be 'plain' or 'lossless'/],
];

for (const [what, change, message] of UNUSABLE)
  test(`a definition with ${what} is refused`, (t) => {
    const fine = { name: 'fine', initialState: () => 0, commands: {}, events: { done: () => 0 } };
    t.notThrows(() => defineAggregate(fine));
    t.throws(() => defineAggregate({ ...fine, ...change }), {
      code: 'MAESTRO_INVALID_ARGUMENT',
      message,
    });
  });
