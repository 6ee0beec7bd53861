import test, { type ExecutionContext } from 'ava';
import { MOST_VALUES } from '../../../src/store/commit/forms/by-values.js';
import { citus, PLAIN } from '../../../src/store/layout/layout.js';
import { knownLayout, layoutAt } from '../../../src/store/layout/read-layout.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { useCitusStandIn } from '../../support/citus-stand-in.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { exported, imported } from '../../support/data/transfer.js';
import { testKnex } from '../../support/database.js';
import { tellAsCopies } from '../../support/servers/copy-refusals.js';

const database = useCitusStandIn(test);
const MANY = MOST_VALUES + 20;

/** A store to which the server tells refusals as a cluster tells those of a copy, and the statements that it sends. */
async function ofCluster(t: ExecutionContext) {
  const relay = await tellAsCopies(Number(new URL(database.url).port));
  const knex = testKnex({ connection: Object.assign(new URL(database.url), { port: relay.port }).href });
  t.teardown(async () => {
    await knex.destroy();
    await relay.close();
  });
  const sent: string[] = [];
  knex.on('query', ({ sql }: { sql: string }) => void sent.push(sql));
  return { knex, sent, store: new PostgresStore(knex, { schema: database.schema }) };
}

// What the catalog says is changed, so one test runs after another.

test.serial('what a copy refuses is found out by reading, as after a violation that tells its index', async (t) => {
  const { store, knex, sent } = await ofCluster(t);
  const id = anId();
  const history = aHistory(id, MANY);
  t.true((await store.commitEvents(history)).ok);
  const retry = { ok: false, error: 'retry_command' } as const;
  t.deepEqual(await store.commitEvents(aHistory(id, MANY)), retry);
  const other = anId();
  const again = history.map((event) => ({ ...event, sequence: event.sequence + MANY }));
  await t.throwsAsync(store.commitEvents(again), { code: 'MAESTRO_DUPLICATE_TIMESTAMP' });
  t.regex(sent.at(-1) ?? '', /"timestamp" = ANY .* AND aggregate_id = ANY/, 'within the aggregate, which is one shard');
  t.true(
    (await store.commitEvents(history.map((event) => ({ ...event, aggregateId: other })))).ok,
    'another aggregate',
  );

  const command = { aggregateId: id, commandId: 'once', digest: 'ab', firstSequence: 1, lastSequence: 0 };
  t.true((await store.commitCommand(command, [])).ok);
  t.deepEqual(await store.commitCommand(command, again), { ok: false, error: 'repeated_command' });
  await knex.transaction(async (transaction) => {
    t.deepEqual(await store.commitEvents(aHistory(id, MANY), { transaction }), retry);
    t.true((await store.commitEvents([anEvent(id, { sequence: MANY + 1 })], { transaction })).ok);
  });
});

test.serial('what a copy refuses for another reason is told as it is', async (t) => {
  const { store, knex } = await ofCluster(t);
  const history = aHistory(anId(), MANY).map((event) => ({ ...event, type: 'forbidden' }));
  await database.knex.raw(`ALTER TABLE "${database.schema}".event_log ADD CHECK (type <> 'forbidden')`);
  const refused = { code: 'MAESTRO_DATABASE', message: /violates check constraint/ };
  await t.throwsAsync(store.commitEvents(history), refused);
  await knex.transaction(async (transaction) => {
    await t.throwsAsync(store.commitEvents(history, { transaction }), refused);
  });
});

test.serial('a store that knew the tables before they were spread learns it from a copy that is refused', async (t) => {
  await database.spread(undefined);
  const { knex, store, sent } = await ofCluster(t);
  t.deepEqual(await layoutAt(knex, database.schema), PLAIN);
  await database.spread('hash');
  const id = anId();
  const history = aHistory(id, 3);
  t.true((await store.commitEvents(history)).ok, 'that form goes, too');
  t.deepEqual(await store.commitEvents(aHistory(id, 2)), { ok: false, error: 'retry_command' });
  const next = Array.from({ length: 2 }, (_, n) => anEvent(id, { sequence: 4 + n }));
  t.true((await store.commitEvents(next)).ok);
  t.regex(sent.at(-1) ?? '', /VALUES/);
  t.deepEqual(knownLayout(knex, database.schema), citus(4));
  await database.spread(undefined);
  t.true((await store.commitEvents(aHistory(anId(), 3))).ok, 'and back again, that form goes as well');
  await database.spread('hash');
});

test.serial(
  'a group that is refused in the wrong form is taken apart, and the layout is asked for again',
  async (t) => {
    await database.spread(undefined);
    const { knex, store } = await ofCluster(t);
    await layoutAt(knex, database.schema);
    await database.spread('hash');
    const taken = anEvent();
    t.true((await store.commitEvents([taken])).ok);
    const commits = [anEvent(), anEvent(), anEvent(taken.aggregateId), anEvent()];
    const results = await Promise.all(commits.map((event) => store.commitEvents([event])));
    t.deepEqual(
      results.map(({ ok }) => ok),
      [true, true, false, true],
    );
    t.is(knownLayout(knex, database.schema), undefined);
  },
);

test.serial('an import that somebody overtakes looks again', async (t) => {
  const { knex } = await ofCluster(t);
  const [event, late] = [anEvent(), anEvent()];
  await database.store().commitEvents([event, late]);
  const text = await exported({ knex: database.knex, schema: database.schema }, { aggregateIds: [event.aggregateId] });
  await database.knex.raw(`DELETE FROM "${database.schema}".event_log WHERE aggregate_id = ?`, [
    event.aggregateId.encode(),
  ]);
  const holder = await database.knex.transaction();
  await new PostgresStore(holder, { schema: database.schema }).commitEvents([event]);
  const { rows } = await holder.raw<{ rows: { xid: string }[] }>('SELECT pg_current_xact_id()::text AS xid');
  const report = imported({ knex, schema: database.schema }, text);
  const waits = `SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' AND transactionid::text = ?`;
  while ((await database.knex.raw<{ rows: unknown[] }>(waits, [rows[0]?.xid ?? ''])).rows.length === 0);
  await holder.commit();
  t.like(await report, { events: 0, present: 1 });
});
