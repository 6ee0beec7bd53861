import test, { type ExecutionContext } from 'ava';
import { parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { Clock } from '../../../src/hlc/clock.js';
import { layoutAt } from '../../../src/store/layout/read-layout.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testKnex, testUrl, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { overriding } from '../../support/servers/overriding.js';
import { TALLIES } from '../../aggregate/tally.js';
import { recordWire } from '../../support/servers/wire-recorder.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };

/** Runs some work on a connection that is already open, where the layout is known, and returns what was sent for it. */
async function sentFor(
  t: ExecutionContext,
  schema: string,
  work: (store: PostgresStore) => Promise<unknown>,
): Promise<{ roundTrips: number; sql: string[] }> {
  const recorder = await recordWire(Number(parseDatabaseUrl(testUrl(), 'the test').port));
  t.teardown(() => recorder.close());
  const url = new URL(testUrl());
  url.port = String(recorder.port);
  const knex = testKnex({ connection: url.href, pool: { min: 0, max: 1 } });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema });
  await layoutAt(knex, schema);
  const before = { messages: recorder.messages.length, roundTrips: recorder.syncs() + recorder.queries() };

  await work(store);

  return {
    roundTrips: recorder.syncs() + recorder.queries() - before.roundTrips,
    sql: recorder.messages.slice(before.messages).flatMap(({ sql }) => (sql === undefined ? [] : [sql])),
  };
}

for (const [layout, { schema }] of Object.entries(layouts)) {
  for (const count of [1, 100, 20_000])
    test(`a commit of ${count} events without projections is one round trip, ${layout} layout`, async (t) => {
      const events = aHistory(anId(), count);

      const { roundTrips, sql } = await sentFor(t, schema, async (store) => {
        t.true((await store.commitEvents(events)).ok);
      });

      t.is(roundTrips, 1);
      t.is(sql.length, 1);
      t.regex(sql[0] ?? '', /^INSERT INTO/);
    });

  test(`a commit of events of several aggregates is one round trip, ${layout} layout`, async (t) => {
    const events = Array.from({ length: 10 }, () => anEvent());
    t.is((await sentFor(t, schema, (store) => store.commitAll(events))).roundTrips, 1);
  });

  test(`a snapshot is stored or found stale in one round trip, ${layout} layout`, async (t) => {
    const snapshot = { aggregateId: anId(), sequence: 1, body: { n: 1 } };
    for (const outcome of ['committed', 'stale'] as const)
      t.is(
        (await sentFor(t, schema, async (store) => t.is(await store.commitSnapshot(snapshot), outcome))).roundTrips,
        1,
      );
  });

  test(`a read is one round trip, ${layout} layout`, async (t) => {
    t.is((await sentFor(t, schema, (store) => store.getEvents(anId(), 1))).roundTrips, 1);
    t.is((await sentFor(t, schema, (store) => store.getSnapshot(anId(), 1))).roundTrips, 1);
  });
}

test('a commit of no events sends nothing', async (t) => {
  const sent = await sentFor(t, layouts.plain.schema, (store) => store.commitEvents([]));
  t.deepEqual(sent, { roundTrips: 0, sql: [] });
});

test('a commit with a projection is one transaction', async (t) => {
  const { sql } = await sentFor(t, layouts.plain.schema, (store) =>
    store.commitAll([anEvent()], [async (_event, transaction) => void (await transaction.raw('SELECT 42'))]),
  );
  t.regex(sql.join('\n'), /^BEGIN TRANSACTION ISOLATION LEVEL read committed;?\nINSERT INTO.*SELECT 42.*COMMIT;?$/s);
});

test('a commit with a projection that has positions begins, inserts and moves them in one round trip', async (t) => {
  const { schema } = layouts.plain;
  const projection = defineProjection({
    name: 'counted',
    from: [TALLIES.never],
    project: async (_event, transaction) => void (await transaction.raw('SELECT 42')),
  });
  await registerCopy(layouts.plain.knex, schema, projection);
  const id = anId();
  await layouts.plain.store().commitAll([anEvent(id, { type: 'added' })], [projection]);
  for (const [index, command] of [undefined, 'once'].entries()) {
    const sequence = index + 2;
    const { sql, roundTrips } = await sentFor(t, schema, async (store) => {
      const events = [anEvent(id, { sequence, type: 'added', body: { by: 1 } })];
      if (command === undefined) return await store.commitAll(events, [projection]);
      const facts = {
        aggregateId: id,
        commandId: command,
        digest: 'ab',
        firstSequence: sequence,
        lastSequence: sequence,
      };
      return await store.commitCommand(facts, events, [projection]);
    });
    const before = sql.filter((text) => text.includes('maestro_projections" WHERE name IN'));
    const own = sql.filter((text) => !before.includes(text));
    t.regex(own.join('\n'), /^BEGIN[^\n]*\n(INSERT INTO|WITH events AS) .*\nUPDATE .*SELECT 42\nCOMMIT;?$/s);
    t.is(roundTrips - before.length, 3);
  }
});

test('a turn is two round trips: one waits and reads, the other commits', async (t) => {
  const id = anId();
  const { roundTrips, sql } = await sentFor(t, layouts.plain.schema, async (store) => {
    const taken = await store.commitInTurn({
      aggregateId: id,
      grace: 0,
      read: { minSequence: 1, options: {} },
      projections: [],
      decide: async (reads) => ({ events: [anEvent(id, { sequence: (await reads.getEvents(id, 1)).length + 1 })] }),
    });
    t.like(taken, { waited: false, result: { ok: true } });
  });
  t.is(roundTrips, 2);
  t.regex(
    sql.join('\n'),
    /^BEGIN[^\n]*\nSELECT turn\.waited.*\nSELECT "timestamp".*\nSAVEPOINT turn\nINSERT INTO.*\nCOMMIT$/s,
  );
});

test('a command on an aggregate with a snapshot sends four statements, two of them at the same time', async (t) => {
  const { schema } = layouts.plain;
  const add = { type: 'add', data: { by: 1 } } as const;
  const id = anId();
  const before = openAggregates(TALLIES.never, { store: layouts.plain.store(), clock: new Clock() });
  await before.evaluate(id, add);
  await before.snapshot(id);

  const { roundTrips, sql } = await sentFor(t, schema, async (store) => {
    let isProbed = false;
    const watched = overriding(store, {
      getLastEvent: (...args) => {
        isProbed = true;
        return store.getLastEvent(...args);
      },
      getEvents: async (...args) => {
        const events = await store.getEvents(...args);
        t.true(isProbed, 'the look for a later timestamp does not wait for the events');
        return events;
      },
    });
    const tallies = openAggregates(TALLIES.never, { store: watched, clock: new Clock() });
    t.true((await tallies.evaluate(id, add)).ok);
    t.true((await tallies.evaluate(id, add)).ok);
  });

  t.is(roundTrips, 5, 'the second command sends its events only');
  t.deepEqual(sql.map((text) => /"snapshots"|ahead|^INSERT|"event_log"/.exec(text)?.[0]).sort(), [
    '"event_log"',
    '"snapshots"',
    'INSERT',
    'ahead',
  ]);
});
