import { randomUUID } from 'node:crypto';
import test from 'ava';
import { defineAggregate } from '../../../src/index.js';
import { scenario, ScenarioError } from '../../../src/testing/index.js';

interface Seen {
  readonly at: unknown;
}

let calls = 0;
/** Answers that depend on something else than the arguments of a handler. */
const SOURCES = {
  'the clock': () => Date.now(),
  'a date': () => new Date().toISOString(),
  'the day of the week': () => new Date().getDay(),
  'the year, as text': () => Date().slice(0, 15),
  'a random number': () => Math.random(),
  'the toss of a coin': () => Math.random() < 0.5,
  'a random id': () => randomUUID(),
  'what it has counted': () => (calls += 1),
} as const;

const Impure = defineAggregate({
  name: 'impure',
  initialState: (): Seen => ({ at: 0 }),
  commands: {
    see: (_state, { source }: { source: keyof typeof SOURCES }) => [{ type: 'seen', body: { at: SOURCES[source]() } }],
    refuse: (_state, { source }: { source: keyof typeof SOURCES }, { reject }) => reject({ at: SOURCES[source]() }),
    fold: (_state, { source }: { source: keyof typeof SOURCES }) => [{ type: 'folded', body: { source } }],
    sometimes: () => {
      if (Math.random() < 0.5) throw new Error('tails');
      return [];
    },
    changeData: (_state, data: { list: string[] }) => {
      data.list.sort();
      return [];
    },
  },
  events: {
    seen: (_state, { at }: { at: unknown }) => ({ at }),
    folded: (_state, { source }: { source: keyof typeof SOURCES }) => ({ at: SOURCES[source]() }),
    upcast: (_state, { at }: { at: unknown }) => ({ at }),
  },
  upcasters: { upcast: () => ({ at: Date.now() }) },
});

for (const source of Object.keys(SOURCES) as (keyof typeof SOURCES)[])
  test(`a handler that depends on ${source} is told so, with what differed`, (t) => {
    const told = (run: () => unknown, message: RegExp) => {
      const error = t.throws(run, { instanceOf: ScenarioError, message });
      t.regex(error?.message ?? '', /^- +at: .*\n\+ +at: /m);
      t.true(error?.stack?.split('\n    at ')[1]?.includes('purity.test'), error?.stack);
    };
    told(
      () => scenario(Impure).when({ type: 'see', data: { source } }),
      /^The handler of the command "see" of impure was asked twice/,
    );
    told(() => scenario(Impure).when({ type: 'refuse', data: { source } }), /^The handler of the command "refuse"/);
    told(
      () => scenario(Impure).when({ type: 'fold', data: { source } }),
      /^The event "folded" at sequence 1 of impure was folded twice/,
    );
    told(
      () => scenario(Impure).given({ type: 'seen', body: { at: 1 } }, { type: 'folded', body: { source } }),
      /^The event "folded" at sequence 2 of impure was folded twice/,
    );
  });

test('an upcaster that is not pure is told so, a handler that sometimes throws, and an initial state', (t) => {
  t.throws(() => scenario(Impure).givenStored({ type: 'upcast', body: {} }), {
    message: /its handler, upcaster or schema is not pure/,
  });
  const error = t.throws(() => scenario(Impure).when({ type: 'sometimes' }), { instanceOf: ScenarioError });
  t.regex(error?.message ?? '', /Error: tails/);
  t.regex(error?.message ?? '', /\(no events\)/);
  const Born = defineAggregate({ name: 'born', initialState: () => ({ at: Date.now() }), commands: {}, events: {} });
  t.throws(() => scenario(Born), { message: /^initialState of born gave two states/ });
});

test('a handler that changes its data, or the parts of a state that cannot be frozen, is told so', (t) => {
  const error = t.throws(() => scenario(Impure).when({ type: 'changeData', data: { list: ['b', 'a'] } }), {
    instanceOf: ScenarioError,
    message: /^The handler of the command "changeData" of impure changed the data that it was given/,
  });
  t.regex(error?.message ?? '', /^\+ +'a',\n.* 'b'/m);
  const Dated = defineAggregate({
    name: 'dated',
    initialState: () => ({ on: new Date(0) }),
    commands: {
      change: ({ on }) => {
        on.setFullYear(2000);
        return [];
      },
    },
    events: {},
  });
  t.throws(() => scenario(Dated).when({ type: 'change' }), { message: /changed the state that it was given/ });
});

test('a pure handler may use dates, and finds the clock and the random numbers of its runner as they were', (t) => {
  const Dated = defineAggregate({
    name: 'dated',
    initialState: () => ({ on: new Date(0) }),
    commands: {
      note: (_state, { on }: { on: Date }) =>
        on instanceof Date && new Date(on) instanceof Date && new Date(2020, 1).getFullYear() === 2020
          ? [
              {
                type: 'noted',
                body: { on: on.toISOString(), utc: Date.UTC(2020, 1), parsed: Date.parse('2020-01-01') },
              },
            ]
          : [],
    },
    events: {
      noted: (_state, { on }: { on: string; utc: number; parsed: number }) => ({ on: new Date(on) }),
    },
  });
  const [date, random] = [Date, Math.random];
  scenario(Dated)
    .when({ type: 'note', data: { on: new Date(5) } })
    .thenState({ on: new Date(5) });
  t.throws(() => scenario(Impure).when({ type: 'see', data: { source: 'the clock' } }));
  t.is(Date, date);
  t.is(Math.random, random);
});
