import test from 'ava';
import { Clock, InvalidArgumentError, MemoryStore, openAggregates, Timestamp } from '../../src/index.js';
import { scenario } from '../../src/testing/index.js';
import { anId } from '../support/data/factories.js';
import { Ledger } from '../support/data/ledger.js';

const store = new MemoryStore();
const ledgers = openAggregates(Ledger, { store });
const enter = { type: 'enter', data: { token: 'a' } } as const;
/** Programs without types, or with options that come from elsewhere. */
const any = (value: unknown) => value as never;

test('an option of evaluate that does not exist is refused, and nothing is committed', async (t) => {
  const id = anId();
  for (const key of ['expct', 'commandID', 'idempotencyKey'])
    await t.throwsAsync(ledgers.evaluate(id, enter, any({ [key]: 'x' })), {
      instanceOf: InvalidArgumentError,
      message: `evaluate() has no option "${key}".`,
    });
  for (const [options, kind] of [
    [5, 'a number'],
    ['x', 'a string'],
    [[], 'a list'],
    [null, 'null'],
  ])
    await t.throwsAsync(ledgers.evaluate(id, enter, any(options)), {
      message: `evaluate() takes its options as an object; got ${String(kind)}.`,
    });
  t.is((await ledgers.fetchWithSequence(id)).sequence, 0);
});

test('a key that a command does not have is refused with what to write instead', async (t) => {
  const body = await t.throwsAsync(ledgers.evaluate(anId(), any({ type: 'enter', body: { token: 'a' } })));
  t.like(body, {
    message: 'The command "enter" has the key "body"; a command has `type` and `data` only.',
    hint: 'Write `data` for what a command asks for; events have a `body`.',
  });
  const commandId = await t.throwsAsync(ledgers.evaluate(anId(), any({ ...enter, commandId: 'a' })));
  t.regex((commandId as InvalidArgumentError).hint ?? '', /are options of `evaluate`/);
  t.throws(() => scenario(Ledger).when(any({ type: 'enter', body: {} })), { message: /has the key "body"/ });
});

test('options of opening, of reading and of scenarios that do not exist are refused', async (t) => {
  for (const options of [
    { metdata: () => ({}) },
    { idle: 5 },
    { idle: { maximum: 5 } },
    { clock: Date },
    { clock: {} },
  ])
    t.throws(() => openAggregates(Ledger, any({ store, ...options })), { instanceOf: InvalidArgumentError });
  t.throws(() => openAggregates(Ledger, any(null)), { instanceOf: InvalidArgumentError });
  t.notThrows(() => openAggregates(Ledger, { store, clock: new Clock() }));
  for (const read of ['get', 'fetch', 'getWithSequence', 'fetchWithSequence', 'snapshot'] as const)
    await t.throwsAsync(ledgers[read](anId(), any({ transactoin: 1 })), { instanceOf: InvalidArgumentError });
  t.throws(() => scenario(Ledger, any({ iid: 5 })), { message: 'scenario() has no option "iid".' });
  t.throws(() => scenario(Ledger).when(enter, any({ metdata: {} })), { message: 'when() has no option "metdata".' });
});

test('what is no aggregate id, and no list of events, is refused as such', async (t) => {
  const hex = Timestamp.parse(anId().hex).hex;
  for (const call of [
    () => store.getEvents(any(hex)),
    () => store.getSnapshot(any(hex)),
    () => store.getLastEvent(any(hex)),
    () => store.getCommand(any(null), 'a'),
  ])
    await t.throwsAsync(call(), {
      instanceOf: InvalidArgumentError,
      message: /^An aggregate id must be a Timestamp; got /,
    });
  for (const events of [5, undefined, { type: 'a' }])
    await t.throwsAsync(store.commitEvents(any(events)), { message: /^Events are committed as a list; got / });
});
