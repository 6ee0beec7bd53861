import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import type { NewEvent } from '../../../src/events.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { DuplicateTimestampError, OutcomeUnknownError } from '../../../src/store/errors.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import type { AggregateReads, WantedTurn } from '../../../src/store/store.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { testKnex, useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';
import type { Break } from '../../support/servers/fault-proxy.js';
import { throughProxy } from '../../support/servers/through-proxy.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const { plain } = layouts;
const embedded = useEmbeddedDatabase(test);

/** A turn in which the next event of an aggregate is committed. */
function aTurn(aggregateId: Timestamp, changes: Partial<WantedTurn> & { readonly token?: string } = {}): WantedTurn {
  const { token = 'token', ...rest } = changes;
  return {
    aggregateId,
    grace: 0,
    read: { minSequence: 1, options: {} },
    projections: [],
    decide: async (reads) => ({ events: [await nextEvent(reads, aggregateId, token)] }),
    ...rest,
  };
}

async function nextEvent(reads: AggregateReads, id: Timestamp, token: string): Promise<NewEvent> {
  const events = await reads.getEvents(id, 1, {});
  return anEvent(id, { sequence: events.length + 1, body: { token } });
}

async function tokensOf(store: PostgresStore, id: Timestamp): Promise<unknown[]> {
  return (await store.getEvents(id)).map(({ body }) => body['token']);
}

/** Resolves when so many sessions wait for a turn in this database. */
async function untilWaiting(knex: Knex, keys: string, count: number): Promise<void> {
  const sql = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32 | objid::bigint)::text = ANY (string_to_array(?, ','))`;
  for (;;) {
    const { rows } = await knex.raw<{ rows: unknown[] }>(sql, [keys]);
    if (rows.length === count) return;
  }
}

/** The keys of the advisory locks that a session holds, known by its name. */
async function keysOfTurn(knex: Knex, name: string): Promise<string> {
  const { rows } = await knex.raw<{ rows: { key: string }[] }>(
    `SELECT string_agg((classid::bigint << 32 | objid::bigint)::text, ',') AS key FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND application_name = ?`,
    [name],
  );
  return rows[0]?.key ?? 'none';
}

/** A store with a pool of its own, of which turns have half at most. */
function aStore(t: ExecutionContext, connections: number): PostgresStore {
  const knex = testKnex({ pool: { min: 0, max: connections } });
  t.teardown(() => knex.destroy());
  return new PostgresStore(knex, { schema: plain.schema });
}

/** Holds the turn at an aggregate until it is told to go on. */
async function held(
  t: ExecutionContext,
  id: Timestamp,
): Promise<{ readonly keys: string; readonly end: () => Promise<unknown> }> {
  const knex = testKnex({ connection: `${plain.url}?application_name=${id.hex}`, pool: { min: 0, max: 1 } });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema: plain.schema });
  let goOn = (): void => {};
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const turn = store.commitInTurn(
    aTurn(id, {
      decide: async (reads) => {
        begin();
        await waiting;
        return { events: [await nextEvent(reads, id, 'first')] };
      },
    }),
  );
  await begun;
  return {
    keys: await keysOfTurn(plain.knex, id.hex),
    end: async () => {
      goOn();
      return await turn;
    },
  };
}

for (const [layout, database] of Object.entries(layouts)) {
  test(`in a turn what is in the log is read, decided on and committed, ${layout} layout`, async (t) => {
    const store = database.store();
    const id = anId();
    await store.commitEvents(aHistory(id, 3));
    const taken = await store.commitInTurn(aTurn(id));
    t.like(taken, { waited: false, result: { ok: true } });
    t.deepEqual(await tokensOf(store, id), [undefined, undefined, undefined, 'token']);
  });

  test(`who is faster without a turn costs another decision, not the turn, ${layout} layout`, async (t) => {
    const [store, other] = [database.store(), database.store()];
    const id = anId();
    let decisions = 0;
    const taken = await store.commitInTurn(
      aTurn(id, {
        decide: async (reads) => {
          decisions += 1;
          const event = await nextEvent(reads, id, 'mine');
          if (decisions <= 3)
            t.true(
              (await other.commitEvents([anEvent(id, { sequence: event.sequence, body: { token: 'theirs' } })])).ok,
            );
          return { events: [event] };
        },
      }),
    );
    t.is(decisions, 4);
    t.like(taken, { result: { ok: true } });
    t.deepEqual(await tokensOf(store, id), ['theirs', 'theirs', 'theirs', 'mine']);
  });
}

test('turns come in the order of asking, and each is decided on all that was committed before', async (t) => {
  const id = anId();
  const { keys, end } = await held(t, id);
  const store = aStore(t, 10);
  const turns: Promise<unknown>[] = [];
  for (let index = 1; index <= 5; index += 1) {
    turns.push(store.commitInTurn(aTurn(id, { token: `${index}` })));
    await untilWaiting(plain.knex, keys, index);
  }
  t.like(await end(), { waited: false });
  for (const turn of await Promise.all(turns)) t.like(turn, { waited: true, result: { ok: true } });
  t.deepEqual(await tokensOf(plain.store(), id), ['first', '1', '2', '3', '4', '5']);
});

test('aggregates have turns of their own', async (t) => {
  const { end } = await held(t, anId());
  t.like(await plain.store().commitInTurn(aTurn(anId())), { waited: false, result: { ok: true } });
  await end();
});

test('a turn that does not come is not waited for longer than a second, and nothing is committed', async (t) => {
  const id = anId();
  const { end } = await held(t, id);
  t.is(await plain.store().commitInTurn(aTurn(id, { decide: () => t.fail() })), undefined);
  await end();
  t.deepEqual(await tokensOf(plain.store(), id), ['first']);
});

test('what is thrown in a turn is thrown as it is; nothing is committed, and the connection is of use', async (t) => {
  const knex = testKnex({ pool: { min: 0, max: 1 } });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema: plain.schema });
  const failure = new Error('as this test says');
  const counted = () => {};
  for (const projections of [[], [counted]]) {
    const id = anId();
    const decide = () => Promise.reject(failure);
    t.is(await t.throwsAsync(store.commitInTurn(aTurn(id, { decide, projections }))), failure);
    t.deepEqual(await store.getEvents(id), []);
    t.like(await store.commitInTurn(aTurn(id, { projections })), { waited: false, result: { ok: true } });
  }
});

test('a turn may end without a commit, and need more reads than came with it', async (t) => {
  const store = plain.store();
  const id = anId();
  await store.commitEvents(aHistory(id, 3));
  const taken = await store.commitInTurn(
    aTurn(id, {
      decide: async (reads) => {
        t.is((await reads.getEvents(id, 1, {})).length, 3);
        t.is((await reads.getLastEvent?.(id))?.sequence, 3);
        return undefined;
      },
    }),
  );
  t.deepEqual(taken, { waited: false, result: { ok: true, value: [] } });
});

test('projections, commands and verified writes are parts of a turn', async (t) => {
  const id = anId();
  const projected: number[] = [];
  const project = ({ sequence }: NewEvent) => void projected.push(sequence);
  const command = { aggregateId: id, commandId: 'once', digest: 'ab', firstSequence: 1, lastSequence: 1 };
  const decide = async (reads: AggregateReads) => ({ events: [await nextEvent(reads, id, 'token')], command });
  const store = plain.store();
  t.like(await store.commitInTurn(aTurn(id, { decide, projections: [project] })), { result: { ok: true } });
  t.like(await store.commitInTurn(aTurn(id, { decide })), { result: { error: 'repeated_command' } });
  t.deepEqual(projected, [1]);
  const verifying = new PostgresStore(plain.knex, { schema: plain.schema, verifyWrites: true });
  t.like(await verifying.commitInTurn(aTurn(id)), { result: { ok: true } });
  const timestamp = (await store.getEvents(id))[0]?.timestamp as Timestamp;
  const again = () => Promise.resolve({ events: [anEvent(id, { sequence: 3, timestamp })] });
  await t.throwsAsync(store.commitInTurn(aTurn(id, { decide: again })), { instanceOf: DuplicateTimestampError });
  t.is((await store.getEvents(id)).length, 2);
});

test('the limit of the wait for a turn is not that of what follows', async (t) => {
  const afterCreate = (
    connection: { query(sql: string): Promise<unknown> },
    done: (error: unknown, connection: unknown) => void,
  ) => {
    connection.query("SET lock_timeout = '7s'").then(
      () => done(undefined, connection),
      (error: unknown) => done(error, connection),
    );
  };
  const knex = testKnex({ pool: { min: 0, max: 1, afterCreate } });
  t.teardown(() => knex.destroy());
  const limits: unknown[] = [];
  const project = async (_event: unknown, transaction: Knex.Transaction) => {
    const { rows } = await transaction.raw<{ rows: unknown[] }>("SELECT current_setting('lock_timeout') AS limit");
    limits.push(...rows);
  };
  const store = new PostgresStore(knex, { schema: plain.schema });
  t.like(await store.commitInTurn(aTurn(anId(), { projections: [project] })), { result: { ok: true } });
  t.deepEqual(limits, [{ limit: '7s' }]);
});

test('a shorter limit of the application is that of the wait for a turn, too', async (t) => {
  const id = anId();
  const { keys, end } = await held(t, id);
  const others = aStore(t, 1).commitInTurn(aTurn(id));
  await untilWaiting(plain.knex, keys, 1);
  const knex = testKnex({
    connection: `${plain.url}?options=${encodeURIComponent('-c lock_timeout=20')}`,
    pool: { min: 0, max: 1 },
  });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema: plain.schema });
  const first = await Promise.race([others, store.commitInTurn(aTurn(id, { decide: () => t.fail() }))]);
  t.is(first, undefined, 'the one that came later has given up');
  await end();
  t.like(await others, { waited: true });
});

test('whoever commits between turns makes room for somebody who waits, and commits otherwise', async (t) => {
  const id = anId();
  const store = plain.store();
  const command = (number: number) => ({
    aggregateId: id,
    commandId: `${number}`,
    digest: 'ab',
    firstSequence: number,
    lastSequence: number,
  });
  t.like(await store.commitBetweenTurns([anEvent(id, { sequence: 1 })]), { ok: true });
  t.like(await store.commitBetweenTurns([anEvent(id, { sequence: 2 })], command(2)), { ok: true });
  t.deepEqual(await store.commitBetweenTurns([anEvent(id, { sequence: 2 })]), { ok: false, error: 'retry_command' });
  t.deepEqual(await store.commitBetweenTurns([anEvent(id, { sequence: 3 })], command(2)), {
    ok: false,
    error: 'repeated_command',
  });
  const timestamp = (await store.getEvents(id))[0]?.timestamp as Timestamp;
  await t.throwsAsync(store.commitBetweenTurns([anEvent(id, { sequence: 3, timestamp })]), {
    instanceOf: DuplicateTimestampError,
  });

  const { end } = await held(t, id);
  const awaited = { ok: false, error: 'turn_awaited' };
  t.deepEqual(await store.commitBetweenTurns([anEvent(id, { sequence: 3 })]), awaited);
  t.deepEqual(await store.commitBetweenTurns([anEvent(id, { sequence: 3 })], command(3)), awaited);
  t.like(await store.commitBetweenTurns([anEvent(anId(), { sequence: 1 })]), { ok: true }, 'another aggregate');
  t.is(await store.getCommand(id, '3'), undefined);
  t.like(await end(), { result: { ok: true, value: [{ sequence: 3 }] } });
  t.like(await store.commitBetweenTurns([anEvent(id, { sequence: 4 })], command(3)), { ok: true });
});

test('commits between turns that are not one statement of one event make no room', async (t) => {
  const id = anId();
  const { end } = await held(t, id);
  const verifying = new PostgresStore(plain.knex, { schema: plain.schema, verifyWrites: true });
  t.like(await verifying.commitBetweenTurns([anEvent(id, { sequence: 1 })]), { ok: true });
  t.like(await plain.store().commitBetweenTurns(aHistory(id, 3).slice(1)), { ok: true });
  await plain.knex.transaction(async (transaction) => {
    const inside = new PostgresStore(transaction, { schema: plain.schema });
    t.like(await inside.commitBetweenTurns([anEvent(id, { sequence: 4 })]), { ok: true });
  });
  t.like(await end(), { result: { value: [{ sequence: 5 }] } });
  t.like(await embedded.get().store.commitBetweenTurns([anEvent(anId(), { sequence: 1 })]), { ok: true });
});

test('turns take half of a pool at most', async (t) => {
  const id = anId();
  const { keys, end } = await held(t, id);
  const store = aStore(t, 4);
  const two = [1, 2].map(() => store.commitInTurn(aTurn(id)));
  await untilWaiting(plain.knex, keys, 2);
  t.is(await store.commitInTurn(aTurn(id)), undefined);
  await end();
  for (const turn of await Promise.all(two)) t.like(turn, { result: { ok: true } });
});

test('there are no turns inside a transaction, nor on the embedded database', async (t) => {
  const decide = () => t.fail();
  await plain.knex.transaction(async (transaction) => {
    const store = new PostgresStore(transaction, { schema: plain.schema });
    t.is(await store.commitInTurn(aTurn(anId(), { decide })), undefined);
  });
  t.is(await embedded.get().store.commitInTurn(aTurn(anId(), { decide })), undefined);
});

test('whichever way a connection breaks in a turn, its events are committed once', async (t) => {
  const { schema } = plain;
  for (const forGood of [false, true]) {
    const { proxy, store } = await throughProxy(t, { schema, recoveryTimeout: forGood ? 100 : 10_000 });
    for (const side of ['reply', 'sent', 'fatal', 'late', 'request'] satisfies Break[]) {
      const id = anId();
      await store.getEvents(id);
      const token = `token-${id.hex}`;
      proxy.breakAt(token, side, { forGood });
      const answer = await store.commitInTurn(aTurn(id, { token })).catch((error: unknown) => error);
      proxy.mend();
      const stored = await tokensOf(plain.store(), id);
      if (forGood) {
        t.true(answer instanceof OutcomeUnknownError, String(answer));
        t.true(stored.length <= 1);
      } else {
        t.like(answer, { result: { ok: true } }, side);
        t.deepEqual(stored, [token], side);
      }
    }
    t.is(proxy.broken, 5);
  }
});
