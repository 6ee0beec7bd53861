import test from 'ava';
import fc from 'fast-check';
import type { Knex } from 'knex';
import {
  AlreadyTakenError,
  claim,
  defineAggregate,
  defineProjection,
  defineSubscription,
  MemoryStore,
  openAggregates,
  ProjectionError,
  ProjectionsUnsupportedError,
  release,
  type Timestamp,
} from '../../src/index.js';
import { useTestDatabase } from '../support/database.js';
import { anId } from '../support/data/factories.js';

/** Ways in which a projection of an event fails. */
const FAULTS = ['throws', 'rejects', 'breaks', 'hides'] as const;
type Deposit = { by: number; fault?: (typeof FAULTS)[number] };

const FAIL: Readonly<Record<(typeof FAULTS)[number], (transaction: Knex.Transaction) => unknown>> = {
  throws: () => {
    throw new Error('thrown');
  },
  rejects: () => Promise.reject(new Error('rejected')),
  breaks: (transaction) => transaction.raw('SELECT 1 / 0'),
  hides: (transaction) => transaction.raw('SELECT 1 / 0').catch(() => {}),
};

/** A ledger with a journal of what its projections were called with, and a read model with one row for each ledger. */
const ledgerOf = (schema: string) => {
  const note = (
    projection: string,
    { aggregateId, sequence, type }: { aggregateId: Timestamp; sequence: number; type: string },
    transaction: Knex.Transaction,
  ) => transaction(`${schema}.journal`).insert({ id: aggregateId.hex, sequence, type, projection });
  return defineAggregate({
    name: 'ledger',
    initialState: () => ({ total: 0, events: 0 }),
    commands: {
      deposit: (_state, deposits: readonly Deposit[]) =>
        deposits.flatMap((body) => [
          { type: 'audited', body: {} },
          { type: 'deposited', body },
        ]),
    },
    events: {
      deposited: ({ total, events }, { by }: Deposit) => ({ total: total + by, events: events + 1 }),
      audited: ({ total, events }) => ({ total, events: events + 1 }),
    },
    projections: [
      (event, transaction) => note('function', event, transaction),
      { deposited: (event, transaction) => note('map', event, transaction) },
      (event, transaction) =>
        transaction.raw(
          `INSERT INTO "${schema}".totals AS t (id, total, events) VALUES (?, ?, 1)
           ON CONFLICT (id) DO UPDATE SET total = t.total + excluded.total, events = t.events + 1`,
          [event.aggregateId.hex, event.type === 'deposited' ? event.body.by : 0],
        ),
      { deposited: ({ body: { fault } }, transaction) => (fault === undefined ? undefined : FAIL[fault](transaction)) },
    ],
  });
};

const deposits = (faults: fc.Arbitrary<Deposit['fault']>) =>
  fc.array(
    fc.record({ by: fc.integer({ min: 1, max: 99 }), fault: faults }).map(({ by, fault }) => ({
      by,
      ...(fault === undefined ? {} : { fault }),
    })),
    { minLength: 1, maxLength: 3 },
  );
const noFault = fc.constant(undefined);
const someFault = fc.oneof({ weight: 5, arbitrary: noFault }, { weight: 1, arbitrary: fc.constantFrom(...FAULTS) });

/** A player who has a name that nobody else has, or none. */
const playerOf = (schema: string) => {
  const row = (name: string, { aggregateId }: { aggregateId: Timestamp }) => ({ name, player: aggregateId.hex });
  return defineAggregate({
    name: 'player',
    initialState: (): { name?: string } => ({}),
    commands: {
      take: ({ name: old }, name: string) => [
        ...(old === undefined ? [] : [{ type: 'left' as const, body: { name: old } }]),
        { type: 'took', body: { name } },
      ],
      leave: ({ name }) => (name === undefined ? [] : [{ type: 'left', body: { name } }]),
    },
    events: {
      took: (_state, { name }: { name: string }) => ({ name }),
      left: (_state, _body: { name: string }) => ({}),
    },
    projections: [
      {
        took: (event, transaction) => claim(transaction, `${schema}.names`, row(event.body.name, event)),
        left: (event, transaction) => release(transaction, `${schema}.names`, row(event.body.name, event)),
      },
    ],
  });
};

for (const [layout, partitions] of Object.entries({ plain: 1, partitioned: 4 })) {
  const database = useTestDatabase(test, { partitions });
  const { schema, knex } = database;
  const store = () => database.store();
  const ledger = ledgerOf(schema);
  const player = playerOf(schema);

  test.serial.before(async () => {
    await knex.raw(`
      CREATE TABLE "${schema}".journal (position bigserial PRIMARY KEY, id text, sequence integer, type text,
        projection text, transaction text DEFAULT pg_current_xact_id()::xid::text);
      CREATE TABLE "${schema}".totals (id text PRIMARY KEY, total integer, events integer);
      CREATE TABLE "${schema}".names (name text PRIMARY KEY, player text)`);
  });

  const journalOf = (id: Timestamp): Promise<{ sequence: number; type: string; projection: string }[]> =>
    knex(`${schema}.journal`).where({ id: id.hex }).orderBy('position').select('sequence', 'type', 'projection');

  /** Calls that the projections must have got, for the events in the log. */
  const expectedJournalOf = async (id: Timestamp) =>
    (await store().getEvents(id, 1)).flatMap(({ sequence, type }) =>
      (type === 'deposited' ? ['function', 'map'] : ['function']).map((projection) => ({ sequence, type, projection })),
    );

  test(`projections run in their order, once for each event, in sequence order, ${layout} layout`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(deposits(noFault), { minLength: 1, maxLength: 5 }), async (commands) => {
        const ledgers = openAggregates(ledger, { store: store() });
        const id = ledgers.create();
        for (const data of commands) t.true((await ledgers.evaluate(id, { type: 'deposit', data })).ok);
        t.is((await store().getEvents(id, 1)).length, commands.flat().length * 2);
        t.deepEqual(await journalOf(id), await expectedJournalOf(id));
      }),
      { numRuns: 20 },
    );
  });

  test(`projections write in the very transaction of their events, ${layout} layout`, async (t) => {
    const ledgers = openAggregates(ledger, { store: store() });
    const id = ledgers.create();
    for (const by of [1, 2, 3]) await ledgers.evaluate(id, { type: 'deposit', data: [{ by }, { by }] });
    const { rows } = await knex.raw(
      `SELECT sequence, xmin::text AS transaction FROM "${schema}".event_log WHERE aggregate_id = ? ORDER BY sequence`,
      [id.encode()],
    );
    t.is(new Set(rows.map((row: { transaction: string }) => row.transaction)).size, 3);
    const journal = knex(`${schema}.journal`).where({ id: id.hex, projection: 'function' }).orderBy('sequence');
    t.deepEqual(await journal.select('sequence', 'transaction'), rows);
  });

  test(`projections that fail at random leave no half state, ${layout} layout`, async (t) => {
    const work = fc.array(fc.record({ which: fc.nat({ max: 1 }), data: deposits(someFault) }), {
      minLength: 8,
      maxLength: 10,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(fc.tuple(work, work, work, work), async (works) => {
        const ids = [anId(), anId()] as const;
        const acknowledged: string[] = [];
        const handles = works.map((commands) => ({
          commands,
          ledgers: openAggregates(ledger, { store: store() }),
        }));
        const known: { id: Timestamp; total: number; events: number }[] = [];

        await Promise.all(
          handles.map(async ({ commands, ledgers }) => {
            for (const { which, data } of commands) {
              const id = ids[which as 0 | 1];
              const evaluation = ledgers.evaluate(id, { type: 'deposit', data }, { return: 'events' });
              if (data.every(({ fault }) => fault === undefined)) {
                const result = await evaluation;
                if (!result.ok) throw new Error('rejected');
                acknowledged.push(...result.value.map(({ timestamp }) => timestamp.hex));
              } else {
                await t.throwsAsync(evaluation, { instanceOf: ProjectionError });
              }
              known.push({ id, ...(await ledgers.get(id)) });
            }
          }),
        );

        const logged: string[] = [];
        for (const id of ids) {
          const events = await store().getEvents(id, 1);
          const totals = [0];
          for (const { body } of events) totals.push((totals.at(-1) ?? 0) + Number(body['by'] ?? 0));
          logged.push(...events.map(({ timestamp }) => timestamp.hex));
          const fold = { total: totals.at(-1) ?? 0, events: events.length };
          const [row] = await knex(`${schema}.totals`).where({ id: id.hex }).select('total', 'events');
          t.deepEqual(row, events.length === 0 ? undefined : fold);
          t.deepEqual(await journalOf(id), await expectedJournalOf(id));
          for (const { ledgers } of handles) t.deepEqual(await ledgers.fetch(id), fold);
          for (const state of known.filter((each) => each.id === id)) t.is(totals[state.events], state.total);
        }
        t.deepEqual(acknowledged.sort(), logged.sort(), 'what was acknowledged is in the log, and nothing else');
      }),
      { numRuns: 6, interruptAfterTimeLimit: 60_000 },
    );
  });

  test(`of 20 aggregates that claim one name at the same time one gets it, ${layout} layout`, async (t) => {
    const players = openAggregates(player, { store: store() });
    const ids = Array.from({ length: 20 }, () => players.create());
    const name = `name of ${ids[0]?.hex}`;
    const outcomes = await Promise.allSettled(ids.map((id) => players.evaluate(id, { type: 'take', data: name })));

    const winners = ids.filter((_id, index) => outcomes[index]?.status === 'fulfilled');
    t.is(winners.length, 1);
    const [winner] = winners as [Timestamp];
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      t.true(outcome.reason instanceof ProjectionError);
      t.true(outcome.reason.cause instanceof AlreadyTakenError);
    }
    const events = await Promise.all(ids.map((id) => store().getEvents(id, 1)));
    t.deepEqual(
      events.flat().map(({ aggregateId, type }) => [aggregateId.hex, type]),
      [[winner.hex, 'took']],
    );
    t.deepEqual(await knex(`${schema}.names`).where({ name }).select('player'), [{ player: winner.hex }]);
    for (const id of ids) t.deepEqual(await players.get(id), id === winner ? { name } : {});
  });

  test(`a name belongs to whoever claimed it until it is released, ${layout} layout`, async (t) => {
    const step = fc.record({ who: fc.nat({ max: 3 }), name: fc.constantFrom('a', 'b', 'c', undefined) });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15, size: 'max' }), async (steps) => {
        const players = openAggregates(player, { store: store() });
        const ids = Array.from({ length: 4 }, () => players.create());
        const named = (name: string) => `${name} of ${ids[0]?.hex}`;
        const owners = new Map<string, string>();
        for (const { who, name } of steps) {
          const id = ids[who] as Timestamp;
          const taken = name === undefined ? undefined : named(name);
          const command = taken === undefined ? ({ type: 'leave' } as const) : ({ type: 'take', data: taken } as const);
          const owner = taken === undefined ? undefined : owners.get(taken);
          if (owner !== undefined && owner !== id.hex) {
            const error = await t.throwsAsync(players.evaluate(id, command), { instanceOf: ProjectionError });
            t.true(error.cause instanceof AlreadyTakenError);
            refused += 1;
            continue;
          }
          await players.evaluate(id, command);
          for (const [old, by] of owners) if (by === id.hex) owners.delete(old);
          if (taken !== undefined) owners.set(taken, id.hex);
        }
        const mine = knex(`${schema}.names`).whereIn('name', ['a', 'b', 'c'].map(named));
        const rows: { name: string; player: string }[] = await mine.select('name', 'player').orderBy('name');
        t.deepEqual(
          rows.map((row) => [row.name, row.player]),
          [...owners].sort(),
        );
        for (const id of ids) {
          const name = [...owners].find(([, by]) => by === id.hex)?.[0];
          t.deepEqual(await players.get(id), name === undefined ? {} : { name });
        }
      }),
      { numRuns: 20 },
    );
    t.true(refused > 0);
  });
}

test('MemoryStore refuses projections with a name when it is opened', (t) => {
  const Ledger = ledgerOf('nowhere');
  const named = defineProjection({ name: 'named', from: [Ledger], project: () => {} });
  t.throws(() => openAggregates(Ledger, { store: new MemoryStore(), projections: [named] }), {
    instanceOf: ProjectionsUnsupportedError,
    message: /^MemoryStore cannot run projections/,
  });
  const mails = defineSubscription({ name: 'mails', from: [Ledger], startAt: 'now', handle: () => {} });
  t.throws(() => openAggregates(Ledger, { store: new MemoryStore(), projections: [mails as never] }), {
    message: 'openAggregates() takes projections only, and got the subscription mails.',
  });
});

test('MemoryStore refuses a definition with projections instead of dropping them', async (t) => {
  const store = new MemoryStore();
  const ledgers = openAggregates(ledgerOf('nowhere'), { store });
  const id = ledgers.create();
  await t.throwsAsync(ledgers.evaluate(id, { type: 'deposit', data: [{ by: 1 }] }), {
    instanceOf: ProjectionsUnsupportedError,
  });
  t.deepEqual(await store.getEvents(id, 1), []);
  t.deepEqual(await ledgers.get(id), { total: 0, events: 0 });
});
