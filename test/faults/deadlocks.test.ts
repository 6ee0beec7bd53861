import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import type { NewEvent } from '../../src/events.js';
import { Clock } from '../../src/hlc/clock.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { appendEvents } from '../../src/store/append.js';
import { sqlState } from '../../src/store/driver/driver-error.js';
import { DatabaseError } from '../../src/store/errors.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import type { PostgresStoreOptions } from '../../src/store/postgres-store-options.js';
import { eventJson } from '../../src/store/read/stored-json.js';
import type { Projection } from '../../src/store/store.js';
import { isOnCluster, testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { imported, signed } from '../support/data/transfer.js';

const WRITERS = 4;
const AGGREGATES = 20;
const COMMANDS = rounds(30, 500);
const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };

/** Connections on which PostgreSQL finds a deadlock soon, and a count of those that it found. */
function watchedKnex(t: ExecutionContext, max: number): { knex: Knex; deadlocks: () => number } {
  const url = new URL(testUrl());
  url.searchParams.set('options', '-c deadlock_timeout=20ms');
  const knex = testKnex({ connection: url.href, pool: { min: 0, max } });
  let deadlocks = 0;
  knex.on('query-error', (error: unknown) => {
    if (sqlState(error) === '40P01') deadlocks += 1;
  });
  t.teardown(() => knex.destroy());
  return { knex, deadlocks: () => deadlocks };
}

/** Enough of it that inserting takes a while. */
const BODY = { text: 'x'.repeat(2000) };

/** Commits as Elixir Maestro does: all events of a command in one statement, the last one first; a conflict is tried again. */
async function commitAsElixir(knex: Knex, schema: string, clock: Clock, id: Timestamp, count: number): Promise<void> {
  for (;;) {
    const { rows } = await knex.raw(
      `SELECT coalesce(max(sequence), 0) AS last FROM "${schema}".event_log WHERE aggregate_id = ?`,
      [id.encode()],
    );
    const last = Number(rows[0].last);
    const events = Array.from({ length: count }, (_, index) => {
      const timestamp = clock.now().encode();
      return { timestamp, aggregate_id: id.encode(), sequence: last + index + 1, type: 'elixir', body: BODY };
    });
    try {
      await knex.transaction((transaction) =>
        transaction.withSchema(schema).insert(events.reverse()).into('event_log'),
      );
      return;
    } catch (error) {
      if (sqlState(error) !== '23505' && sqlState(error) !== '40P01') throw error;
    }
  }
}

for (const [layout, { schema }] of Object.entries(layouts)) {
  test.serial(
    `commands of several events here and in Elixir, on shared aggregates, wait for each other in one order: no deadlock, ${layout} layout`,
    async (t) => {
      t.timeout(600_000);
      const [ours, theirs] = [watchedKnex(t, 3 * WRITERS), watchedKnex(t, WRITERS)];
      const ids = Array.from({ length: AGGREGATES }, () => anId());
      const shared = new PostgresStore(ours.knex, { schema });
      let expected = 0;

      const writers = Array.from({ length: WRITERS }, (_, writer) => {
        // Half of them share a store, so that their commits go together; one commits in transactions.
        const own = new PostgresStore(ours.knex, { schema, groupCommits: false, verifyWrites: writer === 3 });
        return { store: writer % 2 === 0 ? shared : own, clock: new Clock() };
      });
      for (let command = 0; command < COMMANDS; command += 1) {
        const [id, count] = [ids[command % AGGREGATES] ?? anId(), 2 + (command % 10)];
        const drafts = Array.from({ length: count }, () => ({ type: 'ours', body: BODY }));
        // All at once, so that they meet.
        await Promise.all(
          writers.flatMap(({ store, clock }) => [
            appendEvents(store, clock, id, drafts, { maxAttempts: 10_000 }),
            commitAsElixir(theirs.knex, schema, clock, id, count),
          ]),
        );
        expected += 2 * WRITERS * count;
      }

      t.is(ours.deadlocks() + theirs.deadlocks(), 0);
      let stored = 0;
      for (const id of ids) {
        const sequences = (await shared.getEvents(id, 1)).map(({ sequence }) => sequence);
        t.deepEqual(
          sequences,
          sequences.map((_, index) => index + 1),
        );
        stored += sequences.length;
      }
      t.is(stored, expected);
      figure(
        `commands of several events beside Elixir's, ${layout}`,
        `${WRITERS} writers each × ${COMMANDS} on ${AGGREGATES} aggregates, ${stored} events: ` +
          `${ours.deadlocks() + theirs.deadlocks()} deadlocks`,
      );
    },
  );
}

const observed = useTestDatabase(test);

// A cluster takes no triggers on tables that it spreads, nor a unique index without the aggregate.
const onOneServer = isOnCluster() ? () => {} : test;

test.serial.before(async () => {
  if (isOnCluster()) return;
  const { knex, schema } = observed;
  await knex.raw(`
    CREATE TABLE "${schema}".inserted (n bigserial, id bytea, sequence integer);
    CREATE FUNCTION "${schema}".observe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO "${schema}".inserted (id, sequence) VALUES (NEW.aggregate_id, NEW.sequence); RETURN NEW; END $$;
    CREATE TRIGGER observe BEFORE INSERT ON "${schema}".event_log
      FOR EACH ROW EXECUTE FUNCTION "${schema}".observe()`);
});

/** The ids and sequences of three aggregates in the order in which their rows were inserted. */
async function insertedOrder(ids: readonly Timestamp[]): Promise<string[]> {
  const { rows } = await observed.knex.raw(
    `SELECT encode(id, 'hex') || ' ' || sequence AS place FROM "${observed.schema}".inserted WHERE id IN (?, ?, ?) ORDER BY n`,
    ids.map((id) => id.encode()),
  );
  return rows.map(({ place }: { place: string }) => place);
}

const commitAll = (histories: readonly NewEvent[][], options: PostgresStoreOptions, projections: Projection[] = []) =>
  new PostgresStore(observed.knex, { schema: observed.schema, ...options }).commitAll(histories.flat(), projections);

const ways: Record<string, (histories: readonly NewEvent[][]) => Promise<unknown>> = {
  'one statement': (histories) => commitAll(histories, {}),
  'one statement, its rows looked at': (histories) => commitAll(histories, { verifyWrites: true }),
  'a transaction with projections': (histories) => commitAll(histories, {}, [() => {}]),
  'several statements': (histories) => {
    const body = { text: 'x'.repeat(12 * 1024 * 1024) };
    return commitAll(
      histories.map(([first, ...rest]) => (first === undefined ? [] : [{ ...first, body }, ...rest])),
      {},
    );
  },
  'a group of commits': async (histories) => {
    const store = observed.store();
    // The first is under way while the others gather.
    await Promise.all([[anEvent()], ...histories].map((events) => store.commitEvents(events)));
  },
  'an import': async (histories) => {
    await observed.store().commitEvents([anEvent()]);
    const sorted = histories.flat().sort((x, y) => x.aggregateId.compare(y.aggregateId));
    const lines = sorted.map((event) => eventJson({ ...event, body: '{}' }));
    await imported(observed, signed(lines));
  },
};

for (const [way, commit] of Object.entries(ways))
  onOneServer(`events of several aggregates go in by aggregate, the last sequence of each first: ${way}`, async (t) => {
    const [a, b, c] = [anId(), anId(), anId()];

    await commit([aHistory(c, 3), aHistory(a, 2), aHistory(b, 1)]);

    t.deepEqual(await insertedOrder([a, b, c]), [
      `${a.hex} 2`,
      `${a.hex} 1`,
      `${b.hex} 1`,
      `${c.hex} 3`,
      `${c.hex} 2`,
      `${c.hex} 1`,
    ]);
  });

onOneServer(
  'what always ends in a deadlock is a conflict in the end, so that its command is tried again',
  async (t) => {
    await observed.knex.raw(`
    CREATE FUNCTION "${observed.schema}".deadlock() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$;
    CREATE TRIGGER deadlock BEFORE INSERT ON "${observed.schema}".event_log
      FOR EACH ROW WHEN (NEW.type = 'deadlock') EXECUTE FUNCTION "${observed.schema}".deadlock()`);
    for (const projections of [[], [() => {}]])
      t.deepEqual(await commitAll([[anEvent(anId(), { type: 'deadlock' })]], {}, projections), {
        ok: false,
        error: 'retry_command',
      });
  },
);

onOneServer("what another index than Maestro's own refuses is told as that", async (t) => {
  await observed.knex.raw(
    `CREATE UNIQUE INDEX one_ada ON "${observed.schema}".event_log ((body->>'name')) WHERE type = 'named'`,
  );
  const named = () => anEvent(anId(), { type: 'named', body: { name: 'Ada' } });
  await observed.store().commitEvents([named()]);
  const error = await t.throwsAsync(observed.store().commitEvents([named()]), { instanceOf: DatabaseError });
  t.like(error, { sqlState: '23505' });
  t.regex(error.message, /one_ada.*; nothing was committed\.$/);
  t.regex(error.hint ?? '', /unique index on event_log that Maestro did not make/);
});
