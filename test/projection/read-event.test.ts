import test from 'ava';
import { z } from 'zod';
import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import { EventSchemaError, HandlerError } from '../../src/aggregate/errors.js';
import { METADATA_KEY, type StoredEvent } from '../../src/events.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { defineProjection } from '../../src/projection/define-projection.js';
import { defineSubscription } from '../../src/projection/define-subscription.js';
import { eventReader } from '../../src/projection/read-event.js';
import { anId } from '../support/data/factories.js';

const nothing = () => {};
const ofNode = (nodeId: bigint) => Timestamp.of({ time: 1, nodeId });
const ACCOUNT = { name: 'account', initialState: () => 0, commands: {} } as const;

const Account = defineAggregate({
  ...ACCOUNT,
  events: {
    opened: (state: number) => state,
    money_withdrawn: (state: number) => state,
    noted: (state: number) => state,
  },
  schemas: { money_withdrawn: z.object({ cents: z.int(), on: z.string().default('today') }) },
  aliases: { opened: ['made'], money_withdrawn: ['withdrawn'] },
  upcasters: {
    money_withdrawn: (body) => ('euros' in body ? { cents: Number(body['euros']) * 100 } : body),
    noted: () => {
      throw new Error('not today');
    },
  },
  owns: { firstEvents: ['opened'] },
});
const Transfer = defineAggregate({
  name: 'transfer',
  initialState: () => 0,
  commands: {},
  events: { begun: (state: number) => state },
  numbers: 'lossless',
  owns: { ids: (id) => id.nodeId === 1n },
});
const AnyLog = defineAggregate({ ...ACCOUNT, name: 'any', events: { opened: (state: number) => state } });

function stored(type: string, body: string): StoredEvent {
  return { timestamp: anId(), aggregateId: anId(), sequence: 3, type, body };
}

const everything = defineProjection({ name: 'all', from: [Account, Transfer], project: nothing });

test('an event has the newest name and body, its metadata apart, and tells how the log names it', (t) => {
  const { read } = eventReader(everything).as(Account);
  const event = stored('withdrawn', `{"euros": 2, "${METADATA_KEY}": {"by": "Ada"}}`);
  t.deepEqual(read(event), {
    timestamp: event.timestamp,
    aggregateId: event.aggregateId,
    sequence: 3,
    type: 'money_withdrawn',
    storedType: 'withdrawn',
    body: { cents: 200, on: 'today' },
    metadata: { by: 'Ada' },
  });
});

test('an event that the definition cannot read is an error that names it', (t) => {
  const { read } = eventReader(everything).as(Account);
  t.throws(() => read(stored('withdrawn', '{"cents": "many"}')), {
    instanceOf: EventSchemaError,
    message: /withdrawn at sequence 3/,
  });
  t.throws(() => read(stored('noted', '{}')), {
    instanceOf: HandlerError,
    message: /The upcaster "noted" of the aggregate account at sequence 3/,
  });
});

test('numbers are read as the definition asks for', (t) => {
  const long = '{"sum": 12345678901234567890}';
  t.deepEqual(eventReader(everything).as(Transfer).read(stored('begun', long))?.body, { sum: 12345678901234567890n });
  t.deepEqual(eventReader(everything).as(Account).read(stored('opened', long))?.body, { sum: 12345678901234567000 });
});

test('events are passed over that the definition or the projection has no handler for', (t) => {
  const byType = defineProjection({ name: 'some', from: [Account], project: { opened: nothing } });
  const { read } = eventReader(byType).as(Account);
  t.is(read(stored('unknown', '{}')), undefined);
  t.is(read(stored('constructor', '{}')), undefined);
  // Not even upcast.
  t.is(read(stored('noted', '{}')), undefined);
  t.is(read(stored('made', '{}'))?.type, 'opened');
  const mails = defineSubscription({
    name: 'mails',
    from: [Account],
    startAt: 'now',
    handle: { money_withdrawn: nothing },
  });
  t.is(eventReader(mails).as(Account).read(stored('opened', '{}')), undefined);
  t.is(eventReader(mails).as(Account).read(stored('withdrawn', '{"cents": 1}'))?.type, 'money_withdrawn');
  const batched = defineProjection({
    name: 'batched',
    from: [Account],
    project: { money_withdrawn: nothing },
    projectBatch: nothing,
  });
  t.is(eventReader(batched).as(Account).read(stored('opened', '{}'))?.type, 'opened');
});

test('an aggregate is read by the definition that owns it, by its id or its first event', (t) => {
  const reader = eventReader(everything);
  t.true(reader.needsFirstType);
  t.is(reader.of(ofNode(2n), 'opened')?.definition, Account);
  t.is(reader.of(ofNode(2n), 'made')?.definition, Account);
  t.is(reader.of(ofNode(1n), 'begun')?.definition, Transfer);
  t.is(reader.of(ofNode(2n), 'begun'), undefined);
  t.throws(() => reader.of(ofNode(1n), 'opened'), {
    code: 'MAESTRO_INVALID_ARGUMENT',
    message: /belongs to several aggregates of all: account and transfer/,
  });
});

test('a single definition without rules takes all aggregates, one with rules its own', (t) => {
  const any = eventReader(defineProjection({ name: 'any', from: [AnyLog], project: nothing }));
  t.false(any.needsFirstType);
  t.is(any.of(anId(), undefined)?.definition, AnyLog);
  const own = eventReader(defineProjection({ name: 'own', from: [Account], project: nothing }));
  t.is(own.of(anId(), 'opened')?.definition, Account);
  t.is(own.of(anId(), 'noted'), undefined);
});
