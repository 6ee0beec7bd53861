import { testProp } from '@fast-check/ava';
import test from 'ava';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { HandlerError } from '../../../src/aggregate/errors.js';
import { deepFreeze } from '../../../src/aggregate/fold/freeze.js';
import { encodeJson } from '../../../src/json/encode/encode.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { jsonValues } from '../../support/data/arbitraries.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { overriding } from '../../support/servers/overriding.js';

/** A bag of things in whatever holds them, put into it by the function given. */
function aBag<State>(initialState: () => State, put: (state: State, thing: string) => State) {
  return defineAggregate({
    name: 'bag',
    initialState,
    commands: { put: (_state, data: { thing: string }) => [{ type: 'thing_put', body: data }] },
    events: { thing_put: (state, { thing }: { thing: string }) => put(state, thing) as never },
  });
}

/** A store whose commits fail as long as it is told so. */
function aStore() {
  const store = new MemoryStore();
  const faults = { left: 0 };
  const failing = overriding(store, {
    commitAll: async (events, projections) => {
      if (faults.left === 0) return await store.commitAll(events, projections);
      faults.left -= 1;
      throw new Error('the commit failed');
    },
  });
  return { store: failing, faults };
}

class Things {
  list: string[] = [];
}

const FROZEN: readonly (readonly [what: string, bag: ReturnType<typeof aBag>])[] = [
  [
    'an object',
    aBag(
      () => ({ things: '' }),
      (state, thing) => Object.assign(state, { things: thing }),
    ),
  ],
  [
    'a list',
    aBag(
      (): string[] => [],
      (state, thing) => [state, state.push(thing)][0] as string[],
    ),
  ],
  [
    'a map',
    aBag(
      () => new Map<string, number>(),
      (state, thing) => state.set(thing, 1),
    ),
  ],
  [
    'a set deep inside',
    aBag(
      () => ({ in: [new Set<string>()] }),
      (state, thing) => [state, state.in[0]?.add(thing)][0] as typeof state,
    ),
  ],
  [
    'an object that was frozen, but not what is in it',
    aBag(
      () => Object.freeze({ things: { last: '' } }),
      (state, thing) => {
        state.things.last = thing;
        return state;
      },
    ),
  ],
];

for (const [what, bag] of FROZEN)
  test(`${what} cannot be changed in place`, async (t) => {
    const bags = openAggregates(bag, { store: new MemoryStore() });
    const error = await t.throwsAsync(bags.evaluate(anId(), { type: 'put', data: { thing: 'x' } } as never), {
      instanceOf: HandlerError,
    });
    t.true(error?.cause instanceof TypeError);
  });

const LEFT_ALONE: readonly (readonly [what: string, bag: ReturnType<typeof aBag>, read: (state: never) => unknown])[] =
  [
    [
      'an instance of a class',
      aBag(
        () => new Things(),
        (state, thing) => [state, state.list.push(thing)][0] as Things,
      ),
      ({ list }: Things) => list.length,
    ],
    [
      'a typed array',
      aBag(
        () => new Uint8Array(1),
        (state) => [state, (state[0] = (state[0] ?? 0) + 1)][0] as typeof state,
      ),
      ([n]: Uint8Array) => n,
    ],
  ];

for (const [what, bag, read] of LEFT_ALONE)
  test(`${what} that a handler changes in place is folded anew when its commit did not succeed`, async (t) => {
    const { store, faults } = aStore();
    const [here, there] = [openAggregates(bag, { store }), openAggregates(bag, { store })];
    const id = anId();
    const put = { type: 'put', data: { thing: 'x' } } as never;
    await here.evaluate(id, put);

    faults.left = 1;
    await t.throwsAsync(here.evaluate(id, put), { message: 'the commit failed' });
    t.is(read((await here.get(id)) as never), 1);

    await there.evaluate(id, put);
    const result = await here.evaluate(id, put);
    t.is(result.ok && read(result.value.state as never), 3, 'after a conflict');
    t.is(read((await openAggregates(bag, { store }).get(id)) as never), 3);
  });

test('a state that a handler has half changed when it failed is folded anew', async (t) => {
  let isBroken = true;
  const bag = aBag(
    () => new Things(),
    (state, thing) => {
      if (thing === 'b' && isBroken) throw new Error('no room');
      state.list.push(thing);
      return state;
    },
  );
  const store = new MemoryStore();
  const id = anId();
  const put = (sequence: number, thing: string) => anEvent(id, { sequence, type: 'thing_put', body: { thing } });
  await store.commitEvents([put(1, 'x')]);
  const bags = openAggregates(bag, { store });
  t.deepEqual((await bags.get(id)).list, ['x']);
  await store.commitEvents([put(2, 'a'), put(3, 'b')]);

  await t.throwsAsync(bags.fetch(id), { message: /no room/ });
  isBroken = false;

  t.deepEqual((await bags.fetch(id)).list, ['x', 'a', 'b']);
});

testProp('every JSON value can be frozen all the way down, and stays what it is', [jsonValues()], (t, value) => {
  const before = encodeJson(value);
  t.true(deepFreeze(value));
  t.deepEqual(encodeJson(value), before);
  t.true(deepFreeze(value), 'again');
});

test('freezing goes as deep as a state does', (t) => {
  let list: { next?: object } = {};
  for (let depth = 0; depth < 100_000; depth += 1) list = { next: list };
  t.true(deepFreeze(list));
  t.true(Object.isFrozen(list.next));
});

test('something that holds what cannot be frozen is not safe, also when it was looked into before', (t) => {
  const part = { things: new Things() };
  t.false(deepFreeze({ part }));
  t.false(deepFreeze(part));
  t.false(deepFreeze([part]));
  t.true(deepFreeze({ when: new Date(), what: new Map([[1, new Set([2])]]) }));
  t.false(deepFreeze({ map: Object.freeze(new Map()) }), 'its methods cannot be taken away any more');
  const map = new Map();
  t.false(deepFreeze({ map, part }));
  t.true(deepFreeze({ map }), 'the map by itself is');
});
