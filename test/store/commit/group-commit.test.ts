import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import type { NewEvent } from '../../../src/events.js';
import { DatabaseUnreachableError, DuplicateTimestampError, WriteMismatchError } from '../../../src/store/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import type { PostgresStoreOptions } from '../../../src/store/postgres-store-options.js';
import { countAttempts } from '../../support/connections.js';
import { aSchemaName, testKnex, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { freePort } from '../../../scripts/support/postgres.js';

const database = useTestDatabase(test);

/** A statement that inserts events. */
interface Insert {
  /** Number of its events. */
  readonly events: number;
  /** Number of characters of their bodies. */
  readonly length: number;
  /** True when it gives up instead of waiting. */
  readonly isGroup: boolean;
}

/** A store with connections of its own, and the inserts that it has sent. */
function watched(t: ExecutionContext, options: PostgresStoreOptions = {}, pool: Knex.PoolConfig = { min: 0, max: 10 }) {
  const knex = testKnex({ pool });
  t.teardown(() => knex.destroy());
  const inserts: Insert[] = [];
  knex.on('query', ({ sql, bindings }: { sql: string; bindings: readonly unknown[] }) => {
    if (!/^INSERT INTO \S+event_log/.test(sql)) return;
    const isOne = sql.includes('VALUES');
    const bodies = bindings[4] as string;
    inserts.push({
      events: isOne ? 1 : bodies.split('\n').length,
      length: bodies.length,
      isGroup: sql.includes('lock_timeout'),
    });
  });
  return { knex, inserts, store: new PostgresStore(knex, { schema: database.schema, ...options }) };
}

const all = (store: PostgresStore, commits: readonly (readonly NewEvent[])[]) =>
  Promise.all(commits.map((events) => store.commitEvents(events)));
const each = (count: number, make: () => NewEvent[] = () => [anEvent()]) => Array.from({ length: count }, make);

async function assertStored(t: ExecutionContext, events: readonly NewEvent[]): Promise<void> {
  const ids = new Map(events.map(({ aggregateId }) => [aggregateId.hex, aggregateId]));
  const stored = await Promise.all([...ids.values()].map((id) => database.store().getEvents(id, 1)));
  const keys = (all: readonly NewEvent[]) => all.map((event) => JSON.stringify(event)).sort();
  t.deepEqual(keys(stored.flat()), keys(events));
}

/** Runs work while another transaction holds a row that is not committed; gives how to end it. */
async function withHeld(t: ExecutionContext, schema: string, event: NewEvent): Promise<Knex.Transaction> {
  const transaction = await database.knex.transaction();
  t.teardown(async () => {
    if (!transaction.isCompleted()) await transaction.rollback();
  });
  await transaction.raw(
    `INSERT INTO "${schema}".event_log (timestamp, aggregate_id, sequence, type, body) VALUES (?, ?, ?, ?, ?)`,
    [event.timestamp.encode(), event.aggregateId.encode(), event.sequence, event.type, JSON.stringify(event.body)],
  );
  return transaction;
}

test('a lone commit is one statement of its own, one after the other too', async (t) => {
  const { store, inserts } = watched(t);
  for (let count = 0; count < 5; count += 1) t.true((await store.commitEvents([anEvent()])).ok);
  t.deepEqual(
    inserts.map(({ events, isGroup }) => ({ events, isGroup })),
    each(5).map(() => ({ events: 1, isGroup: false })),
  );
});

test('a lone commit does not wait for others to come', async (t) => {
  const { store, inserts } = watched(t, {}, { min: 0, max: 1 });
  await store.getEvents(anId(), 1);
  const commit = store.commitEvents([anEvent()]);
  // As many turns as taking a connection of the pool needs, and no timer of its own.
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  t.is(inserts.length, 1);
  t.true((await commit).ok);
});

test('commits that arrive while one is under way go together', async (t) => {
  const { store, inserts } = watched(t);
  const commits = each(200, () => aHistory(anId(), 2));

  const results = await all(store, commits);

  t.deepEqual(
    results,
    commits.map((value) => ({ ok: true, value })),
  );
  t.deepEqual(
    inserts.map(({ events }) => events),
    [2, 398],
  );
  await assertStored(t, commits.flat());
});

test('commits that come while a group is under way make the next group', async (t) => {
  const { store, inserts } = watched(t);
  const callers = each(20).map(async () => {
    for (let count = 0; count < 10; count += 1) t.true((await store.commitEvents([anEvent()])).ok);
  });
  await Promise.all(callers);
  t.is(
    inserts.reduce((sum, { events }) => sum + events, 0),
    200,
  );
  t.true(inserts.length <= 40, `${inserts.length} statements for 200 commits`);
});

test('a group is bounded in events and in text, and a large commit goes by itself', async (t) => {
  const { store, inserts } = watched(t);
  await all(store, each(1200));
  t.true(inserts.every(({ events }) => events <= 500));
  t.is(inserts.length, 4);

  inserts.length = 0;
  const note = 'x'.repeat(15_000);
  await all(
    store,
    each(100, () => [anEvent(anId(), { body: { note } })]),
  );
  t.true(inserts.every(({ length }) => length <= 512 * 1024 + 500));
  t.true(inserts.length < 10);

  inserts.length = 0;
  await new Promise((resolve) => setImmediate(resolve));
  const large = [aHistory(anId(), 21), [anEvent(anId(), { body: { note: note.repeat(2) } })]];
  await all(store, [...each(3), ...large]);
  t.is(inserts.filter(({ isGroup }) => isGroup).length, 1);
  t.deepEqual(
    inserts.map(({ events }) => events).sort((a, b) => a - b),
    [1, 1, 2, 21],
  );
});

for (const [name, options] of Object.entries({
  'with groupCommits: false': { groupCommits: false },
  'with verifyWrites, which compares each': { verifyWrites: true },
} satisfies Record<string, PostgresStoreOptions>))
  test(`${name} every commit is a statement of its own`, async (t) => {
    const { store, inserts } = watched(t, options);
    const commits = each(20);
    t.true((await all(store, commits)).every(({ ok }) => ok));
    t.is(inserts.length, 20);
    t.true(inserts.every(({ isGroup }) => !isGroup));
    await assertStored(t, commits.flat());
  });

test('in a transaction of the application nothing is sent together, and its settings stay as they are', async (t) => {
  const { knex, inserts } = watched(t);
  const commits = each(20);
  // The driver wants an application to wait for each of its statements; this one does not.
  process.noDeprecation = true;
  await knex.transaction(async (transaction) => {
    await all(new PostgresStore(transaction, { schema: database.schema }), commits);
    const { rows } = await transaction.raw(`SHOW lock_timeout`);
    t.deepEqual(rows, [{ lock_timeout: '0' }]);
  });
  process.noDeprecation = false;
  t.is(inserts.length, 20);
  t.true(inserts.every(({ isGroup }) => !isGroup));
  await assertStored(t, commits.flat());
});

test('the patience of a group ends with it', async (t) => {
  const { knex, store, inserts } = watched(t, {}, { min: 0, max: 1 });
  await all(store, each(10));
  t.true(inserts.some(({ isGroup }) => isGroup));
  t.deepEqual((await knex.raw('SHOW lock_timeout')).rows, [{ lock_timeout: '0' }]);
});

test('commits for the places after one another go together; those for the same place never do, and one of them wins', async (t) => {
  const { store, inserts } = watched(t);
  const id = anId();
  const history = aHistory(id, 8);
  t.true((await all(store, [[anEvent()], ...history.map((event) => [event])])).every(({ ok }) => ok));
  t.deepEqual(
    inserts.map(({ events }) => events),
    [1, 8],
  );
  const rivals = each(5, () => [anEvent(id, { sequence: 9 })]);
  const results = await all(store, [[anEvent()], ...rivals, ...each(3)]);
  t.is(results.filter(({ ok }) => ok).length, 5);
  t.is((await database.store().getEvents(id, 1)).length, 9);
});

test('while one commit waits for somebody else, a lone caller is not slowed down by it', async (t) => {
  const { store, inserts } = watched(t);
  const held = anEvent();
  const transaction = await withHeld(t, database.schema, held);
  const stuck = store.commitEvents([{ ...anEvent(held.aggregateId), sequence: held.sequence }]);
  t.true((await store.commitEvents([anEvent()])).ok);
  inserts.length = 0;
  for (let n = 1; n <= 5; n += 1) {
    const commit = store.commitEvents([anEvent()]);
    // Sent at once: nothing is gathered behind what hangs.
    await new Promise((resolve) => setImmediate(resolve));
    t.is(inserts.length, n);
    t.true((await commit).ok);
  }
  await transaction.rollback();
  t.true((await stuck).ok);
});

test('a conflict, or a timestamp that is taken, is answered to the one whom it concerns', async (t) => {
  const { store, inserts } = watched(t);
  const taken = anEvent();
  const twice = anEvent();
  await store.commitEvents([taken]);
  const first = anId();
  inserts.length = 0;

  const commits: NewEvent[][] = [
    [anEvent()],
    [anEvent(), anEvent(taken.aggregateId), anEvent()],
    [anEvent(anId(), { timestamp: taken.timestamp })],
    [twice],
    [anEvent(anId(), { timestamp: twice.timestamp })],
    aHistory(first, 3),
    [anEvent(first, { sequence: 3 })],
    ...each(10),
  ];
  const results = await Promise.allSettled(commits.map((events) => store.commitEvents(events)));

  const told = results.map((result) => {
    if (result.status === 'rejected') return (result.reason as Error).constructor.name;
    return result.value.ok ? 'ok' : result.value.error;
  });
  const duplicate = DuplicateTimestampError.name;
  t.deepEqual(told.slice(0, 3), ['ok', 'retry_command', duplicate]);
  t.deepEqual(told.slice(3, 5).sort(), [duplicate, 'ok'], 'of two with one timestamp, one');
  t.deepEqual(told.slice(5, 7).sort(), ['ok', 'retry_command'], 'of two of one aggregate, one');
  t.true(told.slice(7).every((answer) => answer === 'ok'));
  t.true(inserts.some(({ isGroup }) => isGroup));
  await assertStored(t, [taken, ...commits.filter((_, index) => told[index] === 'ok').flat()]);
});

test('what a caller changes in its events afterwards is not what is committed', async (t) => {
  const { store } = watched(t);
  const events = [anEvent(), anEvent(), anEvent()];
  const before = events.map((event) => ({ ...event, body: { ...event.body } }));
  const commits = events.map((event) => {
    const commit = store.commitEvents([event]);
    Object.assign(event, { sequence: 7, type: 'two\nlines', aggregateId: anId() });
    Object.assign(event.body, { note: 'changed' });
    return commit;
  });
  t.true((await Promise.all(commits)).every(({ ok }) => ok));
  await assertStored(t, before);
});

for (const [where, before] of Object.entries({ 'the first to come': 0, 'one of a group': 5 }))
  for (const what of ['sequence', 'timestamp'] as const)
    for (const end of ['commits', 'rolls back'] as const)
      test(`a commit that waits for a ${what} that somebody holds, ${where}, holds up nobody; who ${end}`, async (t) => {
        t.timeout(10_000);
        const { store } = watched(t);
        const held = anEvent();
        const holder = await withHeld(t, database.schema, held);
        const blocked = anEvent(what === 'sequence' ? held.aggregateId : anId(), {
          timestamp: what === 'timestamp' ? held.timestamp : anId(),
        });

        let answered = false;
        const others = each(before);
        const early = all(store, others);
        const waiting = store.commitEvents([blocked]).catch((error: unknown) => error);
        void waiting.then(() => {
          answered = true;
        });
        const late = each(30);
        t.true((await all(store, late)).every(({ ok }) => ok));
        t.true((await early).every(({ ok }) => ok));
        // And those that come when it has been waiting for long.
        const later = each(3);
        t.true((await all(store, later)).every(({ ok }) => ok));
        t.false(answered, 'all others are done, and it still waits');
        if (end === 'commits') await holder.commit();
        else await holder.rollback();

        const answer = await waiting;
        const taken = end === 'commits';
        if (!taken) t.like(answer, { ok: true });
        else if (what === 'sequence') t.deepEqual(answer, { ok: false, error: 'retry_command' });
        else t.true(answer instanceof DuplicateTimestampError);
        await assertStored(t, [...others.flat(), ...late.flat(), ...later.flat(), taken ? held : blocked]);
      });

test('a trigger that drops rows is told to those whose rows it drops', async (t) => {
  const schema = aSchemaName();
  const { knex, store, inserts } = watched(t, { schema });
  await migrate(knex, { schema });
  t.teardown(() => database.knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  await knex.raw(`
    CREATE FUNCTION "${schema}".drop_some() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.type = 'dropped' THEN RETURN NULL; END IF; RETURN NEW; END $$;
    CREATE TRIGGER drop_some BEFORE INSERT ON "${schema}".event_log
      FOR EACH ROW EXECUTE FUNCTION "${schema}".drop_some()`);
  inserts.length = 0;
  const kept = each(5);
  const dropped = [anEvent(anId(), { type: 'dropped' })];
  const id = anId();
  const partly = [anEvent(id), anEvent(id, { sequence: 2, type: 'dropped' })];

  const results = await Promise.allSettled([...kept, dropped, partly].map((events) => store.commitEvents(events)));

  t.true(inserts.some(({ isGroup }) => isGroup));
  t.true(results.slice(0, 5).every((result) => result.status === 'fulfilled' && result.value.ok));
  for (const result of results.slice(5))
    t.true(result.status === 'rejected' && result.reason instanceof WriteMismatchError);
});

test('when nothing can be reached, each is told so, and nobody waits longer for that than one would', async (t) => {
  const port = await freePort();
  const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };
  const knex = testKnex({ connection: `postgres://nobody@127.0.0.1:${port}/none`, log: silent });
  t.teardown(() => knex.destroy());
  const attempts = countAttempts(knex);
  const store = new PostgresStore(knex, { schema: database.schema });

  const results = await Promise.allSettled(each(100).map((events) => store.commitEvents(events)));

  for (const result of results)
    t.true(result.status === 'rejected' && result.reason instanceof DatabaseUnreachableError);
  t.true(attempts() < 50, `${attempts()} attempts to connect`);
});
