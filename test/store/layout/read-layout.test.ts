import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { citus, CITUS_SCHEMA, partitioned, PLAIN } from '../../../src/store/layout/layout.js';
import { forgetLayout, knownLayout, layoutFrom, layoutAt } from '../../../src/store/layout/read-layout.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { rollback } from '../../../src/store/migrate/rollback.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { useCitusStandIn } from '../../support/citus-stand-in.js';
import { aSchemaName, testKnex, useEveryKind } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';

const { plain, partitioned: inPartitions, embedded } = useEveryKind(test);
const standIn = useCitusStandIn(test);

/** A Knex instance with connections of its own, and how often it has asked for a layout. */
function watched(t: ExecutionContext, connection = plain().url, pool: Knex.PoolConfig = { min: 0, max: 5 }) {
  const knex = testKnex({ connection, pool });
  t.teardown(() => knex.destroy());
  let asked = 0;
  knex.on('query', ({ sql }: { sql: string }) => {
    if (/FROM pg_class AS log/.test(sql)) asked += 1;
  });
  return { knex, asked: () => asked };
}

test('a layout is what the catalogs tell', async (t) => {
  t.deepEqual(await layoutAt(watched(t).knex, plain().schema), PLAIN);
  t.deepEqual(await layoutAt(watched(t).knex, inPartitions().schema), partitioned(3));
  const { knex } = watched(t, standIn.url);
  t.deepEqual(await layoutAt(knex, standIn.schema), citus(4));
});

test.serial('a layout of a cluster is what its catalog tells at the time', async (t) => {
  const { knex } = watched(t, standIn.url);
  for (const [by, layout] of [
    ['schema', CITUS_SCHEMA],
    [undefined, PLAIN],
    ['hash', citus(4)],
  ] as const) {
    await standIn.spread(by);
    forgetLayout(knex, standIn.schema);
    t.deepEqual(await layoutAt(knex, standIn.schema), layout);
  }
});

test('a table that a cluster knows, but does not spread, has the layout that it has on one server', (t) => {
  for (const method of ['local', 'reference', 'other'] as const)
    t.deepEqual(layoutFrom(null, { method, column: '', colocation: 0, shards: 1 }), PLAIN);
  t.deepEqual(layoutFrom(3, undefined), partitioned(3));
  t.deepEqual(layoutFrom(1, undefined), PLAIN);
});

test('many stores that want to know it at once ask once, and so do the transactions after it', async (t) => {
  const { knex, asked } = watched(t);
  const { schema } = plain();
  const stores = Array.from({ length: 5 }, () => new PostgresStore(knex, { schema }));
  await Promise.all(stores.map((store) => store.commitEvents(aHistory(anId(), 3))));
  await stores[0]?.commitCommand(aCommand(), []);
  await knex.transaction(async (transaction) => {
    await new PostgresStore(transaction, { schema }).commitEvents(aHistory(anId(), 3));
    await stores[1]?.commitEvents(aHistory(anId(), 3), { transaction });
  });
  t.is(asked(), 1);
});

test('in a transaction its own connection is asked, and what it said is known afterwards', async (t) => {
  const { knex, asked } = watched(t, plain().url, { min: 0, max: 1 });
  const { schema } = plain();
  await knex.transaction(async (transaction) => {
    t.true((await new PostgresStore(transaction, { schema }).commitEvents(aHistory(anId(), 3))).ok);
  });
  t.deepEqual(knownLayout(knex, schema), PLAIN);
  t.is(asked(), 1);
});

test('a transaction does not wait for those who ask, and who may wait for its connection', async (t) => {
  const { knex, asked } = watched(t, plain().url, { min: 0, max: 1 });
  const { schema } = plain();
  let outside: Promise<unknown> = Promise.resolve();
  await knex.transaction(async (transaction) => {
    outside = new PostgresStore(knex, { schema }).commitEvents(aHistory(anId(), 2));
    t.true((await new PostgresStore(transaction, { schema }).commitEvents(aHistory(anId(), 2))).ok);
  });
  t.like(await outside, { ok: true });
  t.is(asked(), 2);
});

test('a migration has the layout asked for again', async (t) => {
  const { knex, asked } = watched(t);
  const schema = aSchemaName();
  t.teardown(() => plain().knex.raw(`DROP SCHEMA "${schema}" CASCADE`));
  for (const parts of [1, 3]) {
    await migrate(knex, { schema, partitions: parts });
    t.deepEqual(await layoutAt(knex, schema), partitioned(parts));
    if (parts === 1) await rollback(knex, { schema });
  }
  t.is(asked(), 2);
});

test('an application’s transaction that has failed is asked nothing', async (t) => {
  const { knex, asked } = watched(t);
  await t.throwsAsync(
    knex.transaction(async (transaction) => {
      await transaction.raw('SELECT 1 / 0').catch(() => {});
      await new PostgresStore(transaction, { schema: plain().schema }).commitEvents(aHistory(anId(), 3));
    }),
  );
  t.is(asked(), 0);
});

test('one event after the other, conflicts, snapshots and reads do not need it', async (t) => {
  const { knex, asked } = watched(t);
  const store = new PostgresStore(knex, { schema: plain().schema });
  const id = anId();
  for (const sequence of [1, 2, 3]) t.true((await store.commitEvents([anEvent(id, { sequence })])).ok);
  t.deepEqual(await store.commitEvents([anEvent(id)]), { ok: false, error: 'retry_command' });
  await store.commitSnapshot({ aggregateId: id, sequence: 1, body: {} });
  await store.commitAll([anEvent()], [() => {}]);
  await store.getEvents(id);
  await store.getLastEvent(id);
  await store.getSnapshot(id);
  await store.getCommand(id, 'none');
  t.is(asked(), 0);
});

test('the embedded database is not asked', async (t) => {
  const { knex, store } = embedded();
  const sent: string[] = [];
  const listen = ({ sql }: { sql: string }) => void sent.push(sql);
  knex.on('query', listen);
  await store.commitEvents(aHistory(anId(), 3));
  knex.off('query', listen);
  t.true(sent.some((sql) => sql.includes('INSERT')));
  t.false(sent.some((sql) => sql.includes('pg_class')));
});

test('where there are no tables it is not remembered', async (t) => {
  const { knex } = watched(t);
  const schema = aSchemaName();
  await t.throwsAsync(new PostgresStore(knex, { schema }).commitEvents(aHistory(anId(), 2)), {
    code: 'MAESTRO_NOT_MIGRATED',
  });
  t.is(knownLayout(knex, schema), undefined);
});

function aCommand() {
  return { aggregateId: anId(), commandId: 'once', digest: 'ab', firstSequence: 1, lastSequence: 0 };
}
