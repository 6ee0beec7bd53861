import test from 'ava';
import { openAggregates } from '../../src/aggregate/aggregates.js';
import { Clock } from '../../src/hlc/clock.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';
import {
  dumpedEvents,
  dumpedSnapshots,
  expectedAggregates,
  loadElixirFixture,
} from '../support/data/elixir-fixture.js';
import { SampleAggregate } from '../support/data/sample-aggregate.js';

const database = useTestDatabase(test, { migrated: false });
const embedded = useEmbeddedDatabase(test);
const LOADED = 'elixir';
const CONTINUED = 'continued';

test.before(async () => {
  await loadElixirFixture(database.knex, database.schema);
  for (const schema of [LOADED, CONTINUED]) await loadElixirFixture(embedded.get().knex, schema);
});

for (const [place, store] of [
  ['a server', () => database.store()],
  ['the embedded database', () => new PostgresStore(embedded.get().knex, { schema: LOADED })],
] as const)
  for (const { aggregateId, initialState, replay, snapshot } of expectedAggregates) {
    const id = Timestamp.parse(aggregateId);

    test(`${aggregateId} has on ${place} the states that Elixir Maestro computed, at every recorded sequence`, async (t) => {
      const counters = openAggregates(SampleAggregate, { store: store() });
      t.true(replay.length > 0);
      for (const { sequence, state } of replay) t.deepEqual(await counters.replay(id, sequence), state, `${sequence}`);
      t.deepEqual(await counters.replay(id, 0), initialState);
      t.deepEqual(await counters.get(id), replay.at(-1)?.state);
      t.deepEqual(await counters.fetch(id), replay.at(-1)?.state);
    });

    test(`${aggregateId} has on ${place} the same states by the time of its events, without its snapshot`, async (t) => {
      const counters = openAggregates(SampleAggregate, { store: store() });
      const history = dumpedEvents()
        .filter((event) => event.aggregateId === aggregateId)
        .sort((a, b) => a.sequence - b.sequence);
      for (const { sequence, state } of replay.filter((recorded) => recorded.sequence in history)) {
        const event = history[sequence - 1];
        if (event !== undefined)
          t.deepEqual(await counters.replayAt(id, Timestamp.decode(Buffer.from(event.timestamp, 'hex'))), state);
      }
      t.is(
        snapshot !== null,
        dumpedSnapshots().some((stored) => stored.aggregateId === aggregateId),
      );
    });
  }

test('a snapshot is stored as Elixir Maestro stores it: the bare state', async (t) => {
  const store = database.store();
  const [, second] = expectedAggregates;
  const id = Timestamp.parse(second?.aggregateId ?? '');

  t.is(await openAggregates(SampleAggregate, { store }).snapshot(id), 'committed');

  const { rows } = await database.knex.raw(
    `SELECT sequence, body FROM "${database.schema}".snapshots WHERE aggregate_id = decode(?, 'hex')`,
    [id.hex],
  );
  t.deepEqual(rows, [{ sequence: second?.eventCount, body: second?.replay.at(-1)?.state }]);
});

test('a history that Elixir Maestro wrote is continued, later than its last event', async (t) => {
  const [first] = expectedAggregates;
  const id = Timestamp.parse(first?.aggregateId ?? '');
  const store = new PostgresStore(embedded.get().knex, { schema: CONTINUED });
  // A clock that is behind those that wrote the dump.
  const behind = (await store.getLastEvent(id))?.timestamp.time ?? 0;
  const counters = openAggregates(SampleAggregate, {
    store,
    clock: new Clock({ physicalTime: () => behind - 60_000 }),
  });

  const result = await counters.evaluate(id, { type: 'increment_counter' });

  t.like(result, { ok: true, value: { sequence: 1001, state: { value: 335 } } });
  const [before, after] = await store.getEvents(id, 1000);
  t.is(after?.timestamp.compare(before?.timestamp ?? id), 1);
});
