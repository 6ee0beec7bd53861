import test, { type ExecutionContext } from 'ava';
import type { NewEvent } from '../../../src/events.js';
import { layoutAt } from '../../../src/store/layout/read-layout.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { useCitusStandIn } from '../../support/citus-stand-in.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { testKnex } from '../../support/database.js';

const database = useCitusStandIn(test);

/** A store with connections of its own, and for each insert that it sends the aggregates of its rows. */
function watched(t: ExecutionContext, most = 10) {
  const knex = testKnex({ connection: database.url, pool: { min: 0, max: most } });
  t.teardown(() => knex.destroy());
  const inserts: string[][] = [];
  let [underWay, peak] = [0, 0];
  const isInsert = (sql: string) => /INSERT INTO \S+event_log/.test(sql);
  knex.on('query', ({ sql, bindings }: { sql: string; bindings: readonly unknown[] }) => {
    if (!isInsert(sql)) return;
    const events = sql.match(/::jsonb/g)?.length ?? 0;
    inserts.push(Array.from({ length: events }, (_, row) => String(bindings[row * 5 + 1])));
    peak = Math.max(peak, (underWay += 1));
  });
  knex.on('query-response', (_answer: unknown, { sql }: { sql: string }) => {
    if (isInsert(sql)) underWay -= 1;
  });
  return { knex, inserts, peak: () => peak, store: new PostgresStore(knex, { schema: database.schema }) };
}

const all = (store: PostgresStore, commits: readonly (readonly NewEvent[])[]) =>
  Promise.all(commits.map((events) => store.commitEvents(events)));

test('no statement is about two aggregates, and those of one aggregate go together', async (t) => {
  const { store, inserts } = watched(t);
  const histories = Array.from({ length: 6 }, () => aHistory(anId(), 12));
  const commits = histories.flatMap((history) => history.map((event) => [event]));
  // The first of all shows that the layout is not known; the others wait for it in one queue.
  t.true((await all(store, [[anEvent()], ...commits])).every(({ ok }) => ok));
  for (const rows of inserts) t.is(new Set(rows).size, 1);
  t.is(inserts.length, 1 + 2 * histories.length, 'for each aggregate its first commit, then the rest');
  for (const history of histories)
    t.deepEqual(await database.store().getEvents((history[0] as NewEvent).aggregateId), history);
});

test('aggregates are side by side: each has a connection of its own while it waits for somebody', async (t) => {
  t.timeout(30_000);
  const { knex, store, peak } = watched(t, 4);
  await layoutAt(knex, database.schema);
  const events = Array.from({ length: 4 }, () => anEvent());
  const holder = await database.knex.transaction();
  await new PostgresStore(holder, { schema: database.schema }).commitEvents(events);
  const commits = all(
    store,
    events.map(({ aggregateId }) => [anEvent(aggregateId)]),
  );
  while (peak() < 4) await new Promise((resolve) => setImmediate(resolve));
  await holder.rollback();
  t.true((await commits).every(({ ok }) => ok));
});

test('commits with commands are in the group of their aggregate, and a repeated one is told to its caller', async (t) => {
  const { knex, store, inserts } = watched(t);
  await layoutAt(knex, database.schema);
  const id = anId();
  const commands = aHistory(id, 6).map((event) => ({
    event,
    command: {
      aggregateId: id,
      commandId: `command ${event.sequence}`,
      digest: 'ab',
      firstSequence: event.sequence,
      lastSequence: event.sequence,
    },
  }));
  const results = await Promise.all(commands.map(({ command, event }) => store.commitCommand(command, [event])));
  t.true(results.every(({ ok }) => ok));
  t.deepEqual(
    inserts.map(({ length }) => length),
    [1, 5],
  );
  for (const { command } of commands) t.like(await store.getCommand(id, command.commandId), { digest: 'ab' });
  const again = await Promise.all(
    [...commands, undefined].map((each) =>
      each === undefined
        ? store.commitEvents([anEvent(id, { sequence: 7 })])
        : store.commitCommand(each.command, [anEvent(id, { sequence: 7 + each.event.sequence })]),
    ),
  );
  t.deepEqual(
    again.map((result) => (result.ok ? 'ok' : result.error)),
    [...commands.map(() => 'repeated_command'), 'ok'],
  );
});

test('a commit of several aggregates goes by itself', async (t) => {
  const { knex, store, inserts } = watched(t);
  await layoutAt(knex, database.schema);
  const id = anId();
  const several = [anEvent(id, { sequence: 4 }), anEvent()];
  t.true((await all(store, [...aHistory(id, 3).map((event) => [event]), several])).every(({ ok }) => ok));
  t.deepEqual(inserts.map((rows) => [rows.length, new Set(rows).size].join()).sort(), ['1,1', '2,1', '2,2']);
});

test('an aggregate whose place somebody holds holds up neither others nor later commits of its own', async (t) => {
  t.timeout(10_000);
  const { knex, store } = watched(t);
  await layoutAt(knex, database.schema);
  const held = anEvent();
  const holder = await database.knex.transaction();
  await new PostgresStore(holder, { schema: database.schema }).commitEvents([held]);
  let answered = false;
  const waiting = store.commitEvents([anEvent(held.aggregateId)]).then((result) => {
    answered = true;
    return result;
  });
  const others = [...Array.from({ length: 20 }, () => [anEvent()]), [anEvent(held.aggregateId, { sequence: 2 })]];
  t.true((await all(store, others)).every(({ ok }) => ok));
  t.false(answered);
  await holder.commit();
  t.deepEqual(await waiting, { ok: false, error: 'retry_command' });
});
