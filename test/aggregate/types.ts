import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import {
  type AggregatesOf,
  type CommandOf,
  type CommittedEvent,
  defineAggregate,
  type EventOf,
  type JsonValue,
  type ProjectionByType,
  MemoryStore,
  openAggregates,
  type Snapshot,
  type Store,
  type Timestamp,
} from '../../src/index.js';

/**
 * Types that the compiler must infer, and code that it must refuse: this file is compiled, never run. A line below
 * `@ts-expect-error` that compiles is an error too.
 */

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<Holds extends true>(_proof?: Holds): void {}

const Account = defineAggregate({
  name: 'account',
  initialState: (): { balance: number; opened?: Date } => ({ balance: 0 }),
  commands: {
    open: (state, data: { on: string }, { reject }) =>
      state.opened === undefined ? [{ type: 'opened', body: { on: data.on } }] : reject('already_open'),
    deposit: (_state, data: { amount: number }) => [{ type: 'deposited', body: data }],
    withdraw: (state, { amount }: { amount: number }, { reject, sequence, id }) => {
      id.toString();
      if (state.opened === undefined) return reject('not_open');
      if (amount > state.balance) return reject({ reason: 'too_little', balance: state.balance, sequence });
      return [
        { type: 'withdrawn', body: { amount } },
        { type: 'audited', body: {} },
      ];
    },
    audit: () => [{ type: 'audited', body: {} }],
    note: (_state, data?: { text: string }) => [{ type: 'noted', body: { text: data?.text ?? '' } }],
    nothing: () => [],
  },
  schemas: {
    opened: z.object({ on: z.string().transform((text) => new Date(text)) }),
    deposited: v.object({ amount: v.number() }),
    withdrawn: type({ amount: 'number' }),
  },
  aliases: { withdrawn: ['taken', 'money_taken'] },
  upcasters: { deposited: (old) => ({ amount: Number(old['sum'] ?? old['amount']) }) },
  events: {
    opened: (state, body) => ({ ...state, opened: body.on }),
    deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    withdrawn: (state, { amount }) => ({ ...state, balance: state.balance - amount }),
    noted: (state, body: { text: string }) => ({ ...state, balance: state.balance + body.text.length * 0 }),
    audited: (state) => state,
  },
  projections: [
    (event) => {
      if (event.type === 'opened') same<Equal<typeof event.body, { on: Date }>>();
    },
    { deposited: ({ body, sequence }, transaction) => transaction('deposits').insert({ sum: body.amount, sequence }) },
  ],
  snapshot: { every: 100, version: 2, encode: (state) => state, decode: () => ({ balance: 0 }) },
  owns: { firstEvents: ['opened'], ids: (id) => id.nodeId === 1n },
  render: (state) => `balance: ${state.balance.toFixed(2)}`,
});

const accounts = openAggregates(Account, { store: new MemoryStore() });

export async function inferred(id: Timestamp): Promise<void> {
  const opened = await accounts.evaluate(id, { type: 'open', data: { on: '2026-01-01' } });
  if (!opened.ok) same<Equal<typeof opened.error, 'already_open'>>();
  else {
    same<Equal<typeof opened.value.state, { balance: number; opened?: Date }>>();
    same<Equal<typeof opened.value.sequence, number>>();
    for (const event of opened.value.events) {
      if (event.type === 'deposited') event.body.amount.toFixed();
      // Committed events have the body that the command handler wrote.
      if (event.type === 'opened') same<Equal<typeof event.body, { on: string }>>();
    }
  }
  const withdrawn = await accounts.evaluate(id, { type: 'withdraw', data: { amount: 1 } });
  if (!withdrawn.ok && withdrawn.error !== 'not_open') withdrawn.error.balance.toFixed();

  const state = await accounts.evaluate(id, { type: 'audit' }, { return: 'state' });
  if (state.ok) same<Equal<typeof state.value, { balance: number; opened?: Date }>>();
  const sequence = await accounts.evaluate(id, { type: 'nothing' }, { return: 'sequence' });
  if (sequence.ok) same<Equal<typeof sequence.value, number>>();
  else same<Equal<typeof sequence.error, never>>();
  const events = await accounts.evaluate(id, { type: 'note' }, { return: 'events' });
  if (events.ok) events.value[0]?.timestamp.toString();
  await accounts.evaluate(id, { type: 'note', data: { text: 'hello' } });

  (await accounts.get(id)).balance.toFixed();
  (await accounts.fetch(id)).opened?.getTime();
  (await accounts.replay(id, 1)).balance.toFixed();
  (await accounts.replayAt(id, new Date())).balance.toFixed();

  type AnyCommand = CommandOf<NonNullable<typeof Account.types>['commands']>;
  const commands: AnyCommand[] = [{ type: 'audit' }, { type: 'deposit', data: { amount: 1 } }];
  for (const command of commands) await accounts.evaluate(id, command);
  type AnyEvent = EventOf<NonNullable<typeof Account.types>['events']>;
  same<Equal<AnyEvent['type'], 'opened' | 'deposited' | 'withdrawn' | 'noted' | 'audited'>>();
}

export async function refusedCommands(id: Timestamp): Promise<void> {
  // @ts-expect-error there is no such command
  await accounts.evaluate(id, { type: 'close' });
  // @ts-expect-error the data is missing
  await accounts.evaluate(id, { type: 'deposit' });
  // @ts-expect-error the data is of another type
  await accounts.evaluate(id, { type: 'deposit', data: { amount: '1' } });
  // @ts-expect-error the data lacks a property
  await accounts.evaluate(id, { type: 'deposit', data: {} });
  // @ts-expect-error this command takes no data
  await accounts.evaluate(id, { type: 'audit', data: { amount: 1 } });
  // @ts-expect-error an id is a Timestamp
  await accounts.evaluate('01a2', { type: 'audit' });
  // @ts-expect-error there is no such part
  await accounts.evaluate(id, { type: 'audit' }, { return: 'everything' });
  const withdrawn = await accounts.evaluate(id, { type: 'withdraw', data: { amount: 1 } });
  // @ts-expect-error this is no reason that the handler gives
  if (!withdrawn.ok) withdrawn.error satisfies 'already_open';
}

const base = { name: 'x', initialState: () => ({ n: 0 }) } as const;

defineAggregate({
  ...base,
  // @ts-expect-error there is no handler for this event
  commands: { do: (state) => [{ type: 'undone', body: { by: state.n } }] },
  events: { done: (state, body: { by: number }) => ({ n: state.n + body.by }) },
});

defineAggregate({
  ...base,
  // @ts-expect-error without events nothing can happen
  commands: { do: (state) => [{ type: 'done', body: { by: state.n } }] },
  events: {},
});

defineAggregate({
  ...base,
  // @ts-expect-error the body is of another type
  commands: { do: () => [{ type: 'done', body: { by: '1' } }] },
  events: { done: (state, body: { by: number }) => ({ n: state.n + body.by }) },
});

defineAggregate({
  ...base,
  // @ts-expect-error a schema is checked by what goes into it, which here is a text
  commands: { do: () => [{ type: 'done', body: { on: new Date() } }] },
  schemas: { done: z.object({ on: z.string().transform((text) => new Date(text)) }) },
  events: { done: (_state, body) => ({ n: body.on.getTime() }) },
});

defineAggregate({
  ...base,
  commands: {},
  schemas: { done: z.object({ by: z.number() }) },
  // @ts-expect-error the handler takes something else than the schema gives
  events: { done: (state, body: { by: string }) => ({ n: state.n + body.by.length }) },
});

defineAggregate({
  ...base,
  commands: {},
  schemas: { done: z.object({ by: z.number() }) },
  // @ts-expect-error a schema without a handler
  events: {},
});

defineAggregate({
  ...base,
  commands: {},
  // @ts-expect-error an event handler gives the next state
  events: { done: (state, body: { by: number }) => ({ m: state.n + body.by }) },
});

defineAggregate({
  ...base,
  commands: {},
  // @ts-expect-error event handlers answer at once
  events: { done: async (state) => state },
});

defineAggregate({
  ...base,
  // @ts-expect-error command handlers answer at once
  commands: { do: async () => [{ type: 'done', body: {} }] },
  events: { done: (state) => state },
});

defineAggregate({
  ...base,
  // @ts-expect-error command handlers return events or a rejection
  commands: { do: () => ({ type: 'done', body: {} }) },
  events: { done: (state) => state },
});

defineAggregate({
  ...base,
  // @ts-expect-error nobody says what the data is
  commands: { do: (_state, data) => [{ type: 'done', body: { by: data.by } }] },
  events: { done: (state) => state },
});

defineAggregate({
  ...base,
  commands: {},
  // @ts-expect-error nobody says what the body is
  events: { done: (state, body) => ({ n: state.n + body.by }) },
});

defineAggregate({
  ...base,
  commands: {},
  // @ts-expect-error an upcaster for an event without a handler
  upcasters: { undone: (body) => body },
  // @ts-expect-error an older name of one
  aliases: { undone: ['undid'] },
  // @ts-expect-error a projection of one
  projections: [{ undone: () => {} }],
  // @ts-expect-error an aggregate that begins with one
  owns: { firstEvents: ['undone'] },
  events: { done: (state) => state },
});

defineAggregate({
  ...base,
  commands: {},
  events: { done: (state) => state },
  // @ts-expect-error not the state
  snapshot: { decode: () => ({ m: 1 }) },
  // @ts-expect-error the state has no such property
  render: (state) => state.m,
});

defineAggregate({
  ...base,
  // @ts-expect-error an older name of an event is not written any more
  commands: { do: () => [{ type: 'did', body: {} }] },
  events: { done: (state) => state },
  aliases: { done: ['did'] },
});

defineAggregate({
  ...base,
  commands: {},
  events: { done: (state) => state },
  // @ts-expect-error names are texts
  aliases: { done: [1] },
});

defineAggregate({
  ...base,
  commands: {},
  schemas: { done: z.object({ on: z.string().transform((text) => new Date(text)) }) },
  events: { done: (_state, body) => ({ n: body.on.getTime() }) },
  // @ts-expect-error a projection gets what the schema gives, no text
  projections: [{ done: ({ body }) => body.on.toUpperCase() }],
});

/** States that a snapshot does not bring back by itself. */
const sums = { name: 'x', initialState: (): { sums: readonly { n: bigint }[] } => ({ sums: [] }) } as const;
const dates = { name: 'x', initialState: (): { at?: Date } => ({}) } as const;
const nothing = { commands: {}, events: {} } as const;

defineAggregate({ ...sums, ...nothing });
defineAggregate({ ...sums, ...nothing, snapshot: { every: 9, decode: () => ({ sums: [] }) } });
defineAggregate({ ...dates, ...nothing, snapshot: { encode: () => null, decode: () => ({}), version: 1 } });
// @ts-expect-error small bigints are read as numbers
defineAggregate({ ...sums, ...nothing, snapshot: { every: 9 } });
// @ts-expect-error the same without a policy when to take one
defineAggregate({ ...sums, ...nothing, numbers: 'lossless', snapshot: { version: 1 } });
// @ts-expect-error a Date is read as a text
defineAggregate({ ...dates, ...nothing, snapshot: { every: 9, encode: (state) => state } });
// @ts-expect-error and not written at all
defineAggregate({ ...dates, ...nothing, snapshot: { every: 9, decode: () => ({}) } });
// @ts-expect-error a Map is not JSON
defineAggregate({ name: 'x', initialState: () => new Map<string, number>(), ...nothing, snapshot: { every: 9 } });

interface Tree {
  readonly name: string;
  readonly kind: 'leaf' | 'branch';
  readonly weight?: number | undefined;
  readonly pair: readonly [number, string | null];
  readonly children: readonly Tree[];
  readonly byName: Readonly<Record<string, Tree>>;
}

defineAggregate({ name: 'x', initialState: (): Tree | null => null, ...nothing, snapshot: { every: 9 } });
defineAggregate({ name: 'x', initialState: (): unknown => 1, ...nothing, snapshot: { version: 9 } });
defineAggregate({ name: 'x', initialState: (): JsonValue => 1, ...nothing, snapshot: { version: 9 } });
defineAggregate({ name: 'x', initialState: (): { n: JsonValue } => ({ n: 1 }), ...nothing, snapshot: { every: 9 } });
defineAggregate({
  name: 'x',
  initialState: (): { tree: Tree; at: Date | null } => ({ tree: {} as Tree, at: null }),
  ...nothing,
  // @ts-expect-error a Date deep inside
  snapshot: { every: 9 },
});

// @ts-expect-error without a name nobody can ask for it
defineAggregate({ initialState: () => 0, commands: {}, events: {} });

type Bodies = { readonly done: { readonly by: number }; readonly undone: { readonly by: string } };

defineAggregate({
  ...base,
  commands: { do: () => [{ type: 'done', body: { by: 1 } }] },
  events: {
    done: (state, { by }: { by: number }) => ({ n: state.n + by }),
    undone: (state, { by }: { by: string }) => ({ n: state.n - by.length }),
  },
  // Projections from files of their own, typed by the library's types.
  projections: [
    { done: ({ body }) => body.by.toFixed() } satisfies ProjectionByType<Bodies>,
    (event: EventOf<Bodies>) => (event.type === 'done' ? event.body.by.toFixed() : event.body.by.length),
  ],
});

defineAggregate({
  ...base,
  commands: {},
  events: { done: (state, { by }: { by: string }) => ({ n: state.n + by.length }) },
  // @ts-expect-error a projection of another body
  projections: [{ done: ({ body }) => body.by.toFixed() } satisfies ProjectionByType<Bodies>],
});

export const typedByItsDefinition: AggregatesOf<typeof Account> = accounts;
// @ts-expect-error the aggregates of another definition
export const typedByAnother: AggregatesOf<typeof Other> = accounts;
export const Other = defineAggregate({ ...base, commands: { do: () => [] }, events: {} });

type Phase =
  { readonly kind: 'none' } | { readonly kind: 'open'; readonly n: 1 | 2; readonly tags: readonly ('a' | 'b')[] };

/** Handlers without parameters, whose literal types must not be widened. */
export const Phased = defineAggregate({
  name: 'phased',
  initialState: (): Phase => ({ kind: 'none' }),
  commands: {
    start: (_state, _data, { sequence, reject }) =>
      sequence > 0 ? reject('started') : [{ type: 'started', body: {} }],
    stop: () => [{ type: 'stopped', body: {} }],
  },
  schemas: { stopped: z.object({}) },
  events: {
    started: () => ({ kind: 'open', n: 1, tags: ['a'] }),
    stopped: () => ({ kind: 'none' }),
  },
});
export const phased = openAggregates(Phased, { store: new MemoryStore() });
// A parameter that nobody says the type of is no data.
export const started = phased.evaluate(phased.create(), { type: 'start' });

defineAggregate({
  name: 'phased',
  initialState: (): Phase => ({ kind: 'none' }),
  commands: {},
  // @ts-expect-error there is no such kind of state
  events: { started: () => ({ kind: 'opne', n: 1, tags: [] }) },
});

defineAggregate({
  name: 'number',
  initialState: (): 0 | 1 => 0,
  commands: {},
  events: { on: () => 1, off: () => 0 },
});

// A store of one's own may go on asking for the first sequence.
declare const strict: Omit<Store, 'getEvents' | 'getSnapshot'> & {
  getEvents(aggregateId: Timestamp, minSequence: number): Promise<CommittedEvent[]>;
  getSnapshot(aggregateId: Timestamp, minSequence: number): Promise<Snapshot | undefined>;
};
export const adapter: Store = strict;
