import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import {
  Clock,
  defineAggregate,
  EventSchemaError,
  ExactNumber,
  HandlerError,
  InvalidArgumentError,
  InvalidEventError,
  MemoryStore,
  openAggregates,
  Timestamp,
} from '../../../src/index.js';
import { scenario } from '../../../src/testing/index.js';
import { TALLIES, type TallyCommand } from '../../aggregate/tally.js';
import { Account } from './account.js';

const opened = scenario(Account).given({ type: 'opened', body: { owner: 'Ada' } });

test('given events lead to a state, on which commands come to events, to none, or to a rejection', (t) => {
  opened
    .given({ type: 'deposited', body: { cents: 10 } })
    .when({ type: 'withdraw', data: { cents: 4 } })
    .then({ type: 'withdrawn', body: { cents: 4 } })
    .thenState({ owner: 'Ada', cents: 6, openedBy: '', openedIn: 2026 })
    .when({ type: 'withdraw', data: { cents: 7 } })
    .thenRejected('not_enough_money')
    .when({ type: 'empty' })
    .then({ type: 'withdrawn', body: { cents: 6 } }, { type: 'opened', body: { owner: 'nobody' } })
    .when({ type: 'empty' })
    .thenNothing();
  opened.when({ type: 'empty' }).then();
  t.pass();
});

test('commands that follow one another go on from the state that they lead to', (t) => {
  const two = opened.when({ type: 'deposit', data: { cents: 1 } }).when({ type: 'deposit', data: { cents: 2 } });
  t.is(two.state.cents, 3);
  t.is(two.sequence, 3);
  t.like(two.events, [{ sequence: 3, type: 'deposited', body: { cents: 2 } }]);
});

test('a scenario stays as it is when others go on from it', (t) => {
  opened.when({ type: 'deposit', data: { cents: 1 } }).then({ type: 'deposited', body: { cents: 1 } });
  t.is(opened.sequence, 1);
  t.is(opened.state.cents, 0);
});

test('aliases, upcasters, with the metadata and the time of events, and schemas apply to what is given and decided', (t) => {
  scenario(Account)
    .given({
      type: 'opened',
      body: { owner: 'Ada' },
      metadata: { user: 'Grace' },
      timestamp: Timestamp.of({ time: Date.UTC(2019, 5, 1) }),
    })
    .givenStored({ type: 'deposited', body: { euros: 2 } }, { type: 'taken', body: { cents: 100 } })
    .when({ type: 'deposit', data: { cents: 5 } }, { metadata: { user: 'Alan' } })
    .thenState({ owner: 'Ada', cents: 105, openedBy: 'Grace', openedIn: 2019 });
  const decided = scenario(Account).when({ type: 'open', data: { owner: 'Ada' } }, { metadata: { user: 'Alan' } });
  t.is(decided.state.openedBy, 'Alan');
  t.deepEqual(decided.events[0]?.metadata, { user: 'Alan' });
  scenario(Account)
    .given({ type: 'deposited', body: { cents: '7' } })
    .thenState({ ...opened.state, owner: '', cents: 7, openedIn: 0 });
});

test('given events that cannot be stored or folded are found, and so are those of a command', (t) => {
  scenario(Account)
    .givenStored({ type: 'deposited', body: { cents: null } })
    .thenThrows(EventSchemaError);
  scenario(Account).givenStored({ type: 'unheard_of', body: {} }).thenThrows('MAESTRO_INVALID_HANDLER');
  scenario(Account)
    .givenStored({ type: 'opened', body: { owner: undefined } })
    .thenThrows(/body\.owner/);
  opened
    .when({ type: 'break', data: { how: 'body' } })
    .thenThrows(InvalidEventError)
    .when({ type: 'break', data: { how: 'throw' } })
    .thenThrows(RangeError)
    .when({ type: 'break', data: { how: 'throw' } })
    .thenThrows((error) => error instanceof RangeError && error.message === 'out of range')
    .thenState(opened.state);
  t.pass();
});

test('states are frozen, and a handler that changes one throws', (t) => {
  const Changing = defineAggregate({
    name: 'changing',
    initialState: () => ({ list: [] as string[] }),
    commands: {
      push: (state) => {
        state.list.push('x');
        return [];
      },
      happen: () => [{ type: 'happened', body: {} }],
    },
    events: {
      happened: (state) => {
        state.list.push('x');
        return state;
      },
    },
  });
  scenario(Changing).when({ type: 'push' }).thenThrows(TypeError);
  scenario(Changing).when({ type: 'happen' }).thenThrows(HandlerError);
  t.throws(() => scenario(Changing).state.list.push('x'), { instanceOf: TypeError });
});

test('handlers get the id that the scenario names, and the sequence', (t) => {
  const id = new Clock().now();
  scenario(Account, { id })
    .when({ type: 'open', data: { owner: id.hex } })
    .thenRejected({ owner: id.hex, isAnId: true })
    .when({ type: 'open', data: { owner: 'Ada' } })
    .then({ type: 'opened', body: { owner: 'Ada' } })
    .when({ type: 'open', data: { owner: 'Ada' } })
    .thenRejected('opened_before');
  t.pass();
});

test('ids and times are the same in every run, and each event is later than those before it', (t) => {
  const events = () => opened.when({ type: 'deposit', data: { cents: 1 } }).events;
  t.deepEqual(events(), events());
  const late = Timestamp.of({ time: Date.UTC(2090, 0, 1) });
  const [after] = scenario(Account)
    .given({ type: 'opened', body: { owner: 'Ada' }, timestamp: late }, { type: 'deposited', body: { cents: 1 } })
    .when({ type: 'deposit', data: { cents: 1 } }).events;
  t.is(after?.timestamp.time, late.time + 2000);
});

test('events that were read from a store can be given as they are', async (t) => {
  const store = new MemoryStore();
  const accounts = openAggregates(Account, { store, metadata: () => ({ user: 'Grace' }) });
  const id = accounts.create();
  await accounts.evaluate(id, { type: 'open', data: { owner: 'Ada' } });
  await accounts.evaluate(id, { type: 'deposit', data: { cents: 5 } });
  scenario(Account)
    .givenStored(...(await store.getEvents(id)))
    .thenState(await accounts.get(id));
  t.pass();
});

test('expected bodies are compared as they would be read: digit by digit where numbers are lossless', (t) => {
  const Exact = defineAggregate({
    name: 'exact',
    initialState: () => ({}),
    commands: { say: (_state, body: { n: unknown }) => [{ type: 'said', body }] },
    events: { said: (state, _body: { n: unknown }) => state },
    numbers: 'lossless',
  });
  const said = scenario(Exact).when({ type: 'say', data: { n: new ExactNumber('9007199254740993') } });
  said.then({ type: 'said', body: { n: 9007199254740993n } });
  t.throws(() => said.then({ type: 'said', body: { n: 9007199254740992n } }));
  t.throws(() => said.then({ type: 'said', body: { n: undefined } }), {
    message: /none that could be committed.*body\.n/,
  });
});

test('what is no definition, no event, no command or no expectation of an error is refused in plain words', (t) => {
  const refused = (run: () => unknown, message: RegExp) => t.throws(run, { instanceOf: InvalidArgumentError, message });
  refused(() => scenario({} as never), /takes a definition/);
  refused(() => scenario(Account, { id: 'x' as never }), /must be a Timestamp/);
  refused(() => opened.given(null as never), /given\(\) takes events/);
  refused(() => opened.given({ type: 'opened', data: {} } as never), /Event 0 of given\(\) has the key "data"/);
  refused(() => opened.when('open' as never), /A command must be an object/);
  const decided = opened.when({ type: 'empty' });
  refused(() => decided.then({ type: 'opened', body: {}, metadata: {} } as never), /has the key "metadata"/);
  refused(() => opened.when({ type: 'break', data: { how: 'throw' } }).thenThrows(undefined as never), /takes a class/);
});

const commands: fc.Arbitrary<TallyCommand> = fc.oneof(
  fc.record({ type: fc.constant('add' as const), data: fc.record({ by: fc.nat({ max: 9 }) }) }),
  fc.record({ type: fc.constant('spend' as const), data: fc.record({ by: fc.nat({ max: 9 }) }) }),
  fc.record({ type: fc.constant('rename' as const), data: fc.record({ to: fc.constantFrom('a', 'b') }) }),
  fc.record({ type: fc.constant('reset' as const) }),
);

testProp(
  'a scenario comes to what evaluate comes to: events, rejections and states',
  [fc.array(commands, { maxLength: 12 })],
  async (t, wanted) => {
    const tallies = openAggregates(TALLIES.never, { store: new MemoryStore() });
    const id = tallies.create();
    let standing = scenario(TALLIES.never, { id });
    for (const command of wanted) {
      const result = await tallies.evaluate(id, command);
      const decided = standing.when(command);
      if (result.ok) {
        const events = result.value.events.map(({ type, body }) => ({ type, body }) as never);
        standing = decided.then(...events).thenState(result.value.state);
        t.is(standing.sequence, result.value.sequence);
      } else standing = decided.thenRejected(result.error);
    }
    t.deepEqual(standing.state, await tallies.get(id));
  },
  { numRuns: 30 },
);
