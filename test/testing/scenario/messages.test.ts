import test from 'ava';
import { defineAggregate } from '../../../src/index.js';
import { scenario, ScenarioError } from '../../../src/testing/index.js';
import { Account } from './account.js';

const opened = scenario(Account).given(
  { type: 'opened', body: { owner: 'Ada' } },
  { type: 'deposited', body: { cents: 10 } },
);
const withdrawal = opened.when({ type: 'withdraw', data: { cents: 4 } });
const refused = opened.when({ type: 'withdraw', data: { cents: 11 } });
const broken = opened.when({ type: 'break', data: { how: 'throw' } });

const STATE = `The state before it, at sequence 2:

{
  cents: 10,
  openedBy: '',
  openedIn: 2026,
  owner: 'Ada'
}`;

/** What a person reads whose expectation is not met: by its title, the expectation and the message. */
const UNMET: Readonly<Record<string, readonly [expectation: () => unknown, message: string]>> = {
  'another body': [
    () => withdrawal.then({ type: 'withdrawn', body: { cents: 5 } }),
    `The command "withdraw" of account led to other events than expected.

- expected
+ actual

  withdrawn {
-   cents: 5
+   cents: 4
  }`,
  ],
  'an event too many': [
    () => withdrawal.then({ type: 'opened', body: { owner: 'Bo' } }, { type: 'withdrawn', body: { cents: 4 } }),
    `The command "withdraw" of account led to other events than expected.

- expected
+ actual

- opened {
-   owner: 'Bo'
- }
  withdrawn {
    cents: 4
  }`,
  ],
  'no events instead of one': [
    () => withdrawal.thenNothing(),
    `The command "withdraw" of account led to other events than expected.

- expected
+ actual

- (no events)
+ withdrawn {
+   cents: 4
+ }`,
  ],
  'events of a command that was rejected': [
    () => refused.then({ type: 'withdrawn', body: { cents: 11 } }),
    `The command "withdraw" of account was rejected with 'not_enough_money', but events were expected.

Expected:

withdrawn {
  cents: 11
}

${STATE}`,
  ],
  'a rejection of a command that was not rejected': [
    () => withdrawal.thenRejected('not_enough_money'),
    `The command "withdraw" of account came to events, but a rejection with 'not_enough_money' was expected.

Actual:

withdrawn {
  cents: 4
}`,
  ],
  'a rejection for another reason': [
    () => refused.thenRejected('too_much' as never),
    `The command "withdraw" of account was rejected, for another reason than expected.

- expected
+ actual

- 'too_much'
+ 'not_enough_money'

${STATE}`,
  ],
  'another state': [
    () => withdrawal.thenState({ ...opened.state, cents: 5 }),
    `The state of account at sequence 3 differs from the expected one.

- expected
+ actual

  {
-   cents: 5,
+   cents: 6,
    openedBy: '',
    openedIn: 2026,
    owner: 'Ada'
  }`,
  ],
  'a state after a rejection': [
    () => refused.thenState(opened.state),
    `The command "withdraw" of account was rejected with 'not_enough_money', but a state was expected.

${STATE}`,
  ],
  'an error of a command that was accepted': [
    () => opened.when({ type: 'deposit', data: { cents: 1 } }).thenThrows(RangeError),
    `The command "deposit" of account came to events, but an error of the class RangeError was expected.

Actual:

deposited {
  cents: 1
}`,
  ],
  'another error': [
    () => broken.thenThrows(/out of memory/),
    `The command "break" of account threw an error, but an error whose message matches /out of memory/ was expected.

RangeError: out of range

${STATE}`,
  ],
  'an error with a code': [
    () => opened.when({ type: 'burn' } as never).thenThrows('MAESTRO_HANDLER'),
    `The command "burn" of account threw an error, but an error with the code MAESTRO_HANDLER was expected.

InvalidHandlerError [MAESTRO_INVALID_HANDLER]: The aggregate account has no handler for the command "burn".
It has handlers for: open, deposit, withdraw, empty, break. The aggregate account is defined in FILE.

${STATE}`,
  ],
  'events of a command that threw': [
    () => broken.thenNothing(),
    `The command "break" of account threw an error, but no events were expected.

RangeError: out of range

${STATE}`,
  ],
  'a command after one that was rejected': [
    () => refused.when({ type: 'empty' }),
    `The command "withdraw" of account was rejected with 'not_enough_money', but the scenario goes on with another command.

${STATE}`,
  ],
  'a state of events that cannot be folded': [
    () => opened.givenStored({ type: 'deposited', body: { cents: null } }).state,
    `The folding of the given events of account threw an error, but its state was asked for.

EventSchemaError [MAESTRO_EVENT_SCHEMA]: The body of deposited at sequence 3 of 019b76daa80000000000000000000001 does not match the schema of the aggregate account: cents: Invalid input.
If older code wrote this body, add an upcaster that converts it to the newest shape; the definition is in FILE.

${STATE}`,
  ],
};

for (const [title, [expectation, message]] of Object.entries(UNMET))
  test(`an expectation that is not met says what came instead, at the line of the test: ${title}`, (t) => {
    const error = t.throws(expectation, { instanceOf: ScenarioError });
    t.is(error?.message.replaceAll(/(?:\/|[A-Z]:\\)\S*account\.[jt]s/g, 'FILE'), message);
    const [, first = ''] = error?.stack?.split('\n    at ') ?? [];
    t.true(first.includes('messages.test'), error?.stack);
  });

test('the error has what was expected and what there was, for tools, and the error of the handler as its cause', (t) => {
  t.like(
    t.throws(() => withdrawal.then({ type: 'withdrawn', body: { cents: 5 } })),
    {
      name: 'ScenarioError',
      expected: [{ type: 'withdrawn', body: { cents: 5 } }],
      actual: [{ type: 'withdrawn', body: { cents: 4 } }],
      showDiff: false,
    },
  );
  const error = t.throws(() => broken.thenNothing());
  t.true(error?.cause instanceof RangeError);
  t.false(Object.hasOwn(error ?? {}, 'expected'));
});

test('of a long state the difference and the lines around it are shown, and of what is not compared the beginning', (t) => {
  const many = scenario(Account).given(
    ...Array.from({ length: 200 }, (_, index) => ({ type: 'deposited' as const, body: { cents: index } })),
  );
  const sum = (200 * 199) / 2;
  t.is(many.state.cents, sum);
  const events = Array.from({ length: 200 }, () => ({ type: 'withdrawn' as const, body: { cents: 1 } }));
  const error = t.throws(() => many.when({ type: 'withdraw', data: { cents: sum + 1 } }).then(...events));
  t.true((error?.message.split('\n').length ?? Infinity) < 120, error?.message);
  t.regex(error?.message ?? '', /… and \d+ lines more/);
  const List = defineAggregate({ name: 'list', initialState: () => [] as number[], commands: {}, events: {} });
  const list = (length: number) => Array.from({ length }, (_, index) => index);
  for (const length of [300, 5000]) {
    const { message } = t.throws(() => scenario(List).thenState(list(length))) ?? { message: '' };
    t.true(message.split('\n').length < 220);
    t.regex(message, /… and \d+ lines more/);
  }
});

test('values that look the same and are not are explained', (t) => {
  const Holder = defineAggregate({
    name: 'holder',
    initialState: () => ({ value: {} }),
    commands: {},
    events: {},
  });
  class Other {}
  const error = t.throws(() => scenario(Holder).thenState({ value: Object.assign(() => 1, {}) }));
  t.regex(error?.message ?? '', /-   value: \[Function/);
  Object.defineProperty(Other, 'name', { value: 'Object' });
  const same = t.throws(() => scenario(Holder).thenState({ value: new Other() }));
  t.regex(same?.message ?? '', /Both look like this, and differ in what is not shown/);
});

test('a command of which nothing is expected fails a test that returns it or waits for it', async (t) => {
  const forgotten: unknown = withdrawal;
  const error = await t.throwsAsync(async () => await (forgotten as Promise<void>), { instanceOf: ScenarioError });
  t.regex(error?.message ?? '', /but nothing is expected of it: add then\(\)/);
  const met: unknown = withdrawal.then({ type: 'withdrawn', body: { cents: 4 } });
  t.is(await met, undefined);
});
