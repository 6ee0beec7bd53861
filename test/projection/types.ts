import { z } from 'zod';
import {
  type Database,
  defineAggregate,
  defineConfig,
  defineProjection,
  defineSubscription,
  type Knex,
  openAggregates,
  type ProjectedEvent,
  type Timestamp,
} from '../../src/index.js';
import { projectionScenario } from '../../src/testing/index.js';

/**
 * Types that the compiler must infer, and code that it must refuse: this file is compiled, never run. A line below
 * `@ts-expect-error` that compiles is an error too.
 */

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<Holds extends true>(_proof?: Holds): void {}

const Account = defineAggregate({
  name: 'account',
  initialState: (): { balance: number } => ({ balance: 0 }),
  commands: { open: (_state, on: string) => [{ type: 'opened', body: { on } }] },
  schemas: { opened: z.object({ on: z.string().transform((text) => new Date(text)) }) },
  events: {
    opened: (state, { on }) => ({ balance: state.balance + on.getTime() * 0 }),
    deposited: (state, { amount }: { amount: number }) => ({ balance: state.balance + amount }),
  },
  owns: { firstEvents: ['opened'] },
});
const Transfer = defineAggregate({
  name: 'transfer',
  initialState: () => 0,
  commands: {},
  events: {
    begun: (state: number, { to }: { to: string }) => state + to.length,
    deposited: (state: number) => state,
  },
  owns: { firstEvents: ['begun'] },
});

const owners = defineProjection({
  name: 'owners',
  version: 2,
  from: [Account],
  setUp: async (trx) => {
    await trx.schema.createTable('owners', (table) => table.text('id'));
  },
  project: {
    opened: async (event, trx) => {
      // The output of the schema, as event handlers get it.
      same<Equal<typeof event.body, { on: Date }>>();
      same<Equal<typeof event.type, 'opened'>>();
      same<Equal<typeof trx, Knex.Transaction>>();
      same<Equal<typeof event.storedType, string>>();
      await trx('owners').insert({ id: event.aggregateId.hex });
    },
  },
  erased: (aggregateId, trx) => trx('owners').where({ id: aggregateId.hex }).delete(),
});

defineProjection({
  name: 'totals',
  from: [Account, Transfer],
  project: async (event, trx) => {
    same<Equal<(typeof event)['type'], 'opened' | 'deposited' | 'begun'>>();
    if (event.type === 'begun') same<Equal<typeof event.body, { to: string }>>();
    await trx('totals').insert({ sequence: event.sequence });
  },
  projectBatch: (events, trx) => {
    same<Equal<(typeof events)[number], ProjectedEvent<typeof Account | typeof Transfer>>>();
    return trx('totals').insert(events.map(({ sequence }) => ({ sequence })));
  },
});

defineProjection({
  name: 'both',
  from: [Account, Transfer],
  project: {
    begun: ({ body }) => void body.to.length,
    // A type that both have: one of their bodies.
    deposited: ({ body }) => void ('amount' in body ? body.amount.toFixed() : body),
  },
});

const mails = defineSubscription({
  name: 'mails',
  from: [Account],
  startAt: 'now',
  handle: {
    opened: async (event, { idempotencyKey, attempt, signal, transaction }) => {
      same<Equal<typeof event.body, { on: Date }>>();
      same<Equal<typeof idempotencyKey, string>>();
      attempt.toFixed();
      signal.throwIfAborted();
      await transaction('sent').insert({ key: idempotencyKey });
    },
  },
});

defineConfig({ aggregates: [Account, Transfer], projections: [owners, mails] });

// @ts-expect-error an aggregate is no projection
defineConfig({ projections: [Account] });
// @ts-expect-error of no aggregate
defineProjection({ name: 'x', from: [], project: () => {} });
// @ts-expect-error a projection is no aggregate
defineProjection({ name: 'x', from: [owners], project: () => {} });
// @ts-expect-error no aggregate has such an event
defineProjection({ name: 'x', from: [Account], project: { begun: () => {} } });
// @ts-expect-error the body has no such property
defineProjection({ name: 'x', from: [Account], project: { opened: ({ body }) => void body.to } });
// @ts-expect-error a version is a number
defineProjection({ name: 'x', from: [Account], version: '2', project: () => {} });
// @ts-expect-error it says where it begins
defineSubscription({ name: 'x', from: [Account], handle: () => {} });
// @ts-expect-error there is no such beginning
defineSubscription({ name: 'x', from: [Account], startAt: 'today', handle: () => {} });
// @ts-expect-error a subscription has no tables
defineSubscription({ name: 'x', from: [Account], startAt: 'now', handle: () => {}, setUp: () => {} });

declare const database: Database, ada: Timestamp;

openAggregates(Account, { store: database.store, projections: [owners] });
// @ts-expect-error a subscription does not run in commits
openAggregates(Account, { store: database.store, projections: [mails] });

export async function scenarios(): Promise<void> {
  await projectionScenario(owners, database)
    // The body of an event is what the schema takes, not what it makes of it.
    .given([ada, { type: 'opened', body: { on: '2026-01-01' } }, { type: 'deposited', body: { amount: 1 } }])
    .givenStored([ada, { type: 'made', body: { since: 1 }, metadata: {} }])
    .thenRows('owners', [{ id: 'Ada' }]);
  await projectionScenario(owners, { knex: database.knex }).thenTables({ owners: [] });
  (await projectionScenario(owners, database).rows('owners')).map(({ id }) => id);
  // @ts-expect-error there is no such event
  projectionScenario(owners, database).given([ada, { type: 'begun', body: { to: '' } }]);
  // @ts-expect-error the body is of another type
  projectionScenario(owners, database).given([ada, { type: 'opened', body: { on: new Date() } }]);
  // @ts-expect-error a commit begins with the id of its aggregate
  projectionScenario(owners, database).given({ type: 'deposited', body: { amount: 1 } });
  // @ts-expect-error a subscription has no tables
  projectionScenario(mails, database);
}
