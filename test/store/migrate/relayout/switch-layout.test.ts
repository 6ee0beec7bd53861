import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { partitioned, PLAIN } from '../../../../src/store/layout/layout.js';
import { MigrationLockError } from '../../../../src/store/migrate/migration-errors.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { catchUp } from '../../../../src/store/migrate/relayout/catch-up.js';
import { cancelLayoutChange, changeLayout } from '../../../../src/store/migrate/relayout/change-layout.js';
import { copyNext } from '../../../../src/store/migrate/relayout/copy-events.js';
import { makeIndexes } from '../../../../src/store/migrate/relayout/indexes.js';
import { makeCopy } from '../../../../src/store/migrate/relayout/make-copy.js';
import { noteChanges } from '../../../../src/store/migrate/relayout/notes.js';
import { type Places, placesOf } from '../../../../src/store/migrate/relayout/places.js';
import { writeThrough } from '../../../../src/store/migrate/relayout/write-through.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from '../../../support/data/factories.js';
import { useSchemas } from '../../../support/database.js';

// A switch waits for whoever reads in the database.
const { knex, aSchema } = useSchemas(test, { alone: true });

const TO = 3;

async function aLog(): Promise<{ readonly schema: string; readonly store: PostgresStore; readonly places: Places }> {
  const schema = aSchema();
  await migrate(knex, { schema });
  const store = new PostgresStore(knex, { schema });
  for (let each = 0; each < 4; each += 1) await store.commitEvents(aHistory(anId(), 5));
  return { schema, store, places: placesOf(schema) };
}

/** A transaction that has read something, but not the log. */
async function aReader(t: ExecutionContext): Promise<Knex.Transaction> {
  const transaction = await knex.transaction({ isolationLevel: 'repeatable read' });
  t.teardown(async () => {
    if (!transaction.isCompleted()) await transaction.rollback();
  });
  await transaction.raw('SELECT count(*) FROM pg_class');
  return transaction;
}

async function countIn(on: Knex, table: string): Promise<number> {
  const { rows } = await on.raw<{ rows: { count: string }[] }>(`SELECT count(*) FROM ${table}`);
  return Number(rows[0]?.count);
}

test.serial('a switch waits for who reads since before, and names it, while writers go on', async (t) => {
  const { schema, store, places } = await aLog();
  const reader = await aReader(t);
  const { rows } = await reader.raw<{ rows: { pid: number }[] }>('SELECT pg_backend_pid() AS pid');
  await store.commitEvents([anEvent()]);
  const written: Promise<unknown>[] = [];
  const onStep = (what: string) => {
    if (what.startsWith('waiting for transactions')) written.push(store.commitEvents([anEvent()]));
  };
  const error = await t.throwsAsync(changeLayout(knex, { schema, partitions: TO, lockTimeout: 500, onStep }), {
    instanceOf: MigrationLockError,
  });
  t.true(error?.message.includes(`process ${rows[0]?.pid} `) || error?.message.includes(`process ${rows[0]?.pid},`), error?.message); // prettier-ignore
  await Promise.all(written);
  t.is(await countIn(reader, places.log), 20, 'the log is the one that it was');
  await reader.commit();
  t.true((await changeLayout(knex, { schema, partitions: TO })).changed);
  t.is(await countIn(knex, places.log), 22);
});

test.serial('a switch does not wait for who begins to read meanwhile, and who sees all', async (t) => {
  const { schema, store, places } = await aLog();
  let isDone = false;
  const change = changeLayout(knex, { schema, partitions: TO, lockTimeout: 60_000 }).finally(() => (isDone = true));
  const readers = [await aReader(t), await aReader(t), await aReader(t)];
  let committed = 20;
  do {
    const result = await store.commitEvents([anEvent()]);
    if (result.ok) committed += 1;
    readers.push(await aReader(t));
    await readers.shift()?.commit();
  } while (!isDone);
  t.true((await change).changed);
  for (const reader of readers.slice(0, -1)) await reader.commit();
  t.is(await countIn(readers.at(-1) ?? knex, places.log), committed);
  await readers.at(-1)?.commit();
});

/** Brings the work so far that changes are made in both logs. */
async function writtenThrough(places: Places): Promise<void> {
  await makeCopy(knex, places, PLAIN, partitioned(TO));
  await noteChanges(knex, places, 60_000);
  while ((await copyNext(knex, places)) > 0);
  await makeIndexes(knex, places, partitioned(TO), () => {});
  await writeThrough(knex, places, 60_000);
}

async function difference(places: Places): Promise<number> {
  return await countIn(
    knex,
    `((TABLE ${places.log} EXCEPT TABLE ${places.copy}) UNION ALL (TABLE ${places.copy} EXCEPT TABLE ${places.log})) AS difference`,
  );
}

test.serial(
  'in the end a change is in both logs at once, or noted where its transaction cannot make it there',
  async (t) => {
    const { schema, store, places } = await aLog();
    await writtenThrough(places);
    const id = anId();
    await store.commitEvents(aHistory(id, 3));
    await knex.raw(`UPDATE ${places.log} SET body = '{"new": 1}', sequence = sequence + 3 WHERE aggregate_id = ?`, [
      id.encode(),
    ]);
    await knex.raw(`DELETE FROM ${places.log} WHERE aggregate_id = ? AND sequence = 5`, [id.encode()]);
    t.deepEqual([await difference(places), await countIn(knex, places.changes)], [0, 0]);
    // This transaction sees the row in the log, and not the one that is put into the copy later.
    await knex.raw(`DELETE FROM ${places.copy} WHERE aggregate_id = ? AND sequence = 4`, [id.encode()]);
    const old = await aReader(t);
    await knex.raw(`INSERT INTO ${places.copy} SELECT * FROM ${places.log} WHERE aggregate_id = ? AND sequence = 4`, [
      id.encode(),
    ]);
    await old.raw(`DELETE FROM ${places.log} WHERE aggregate_id = ? AND sequence = 4`, [id.encode()]);
    await old.commit();
    t.deepEqual([await difference(places), await countIn(knex, places.changes)], [1, 1]);
    // What the copy refuses, it does not refuse to the log.
    await knex.raw(`ALTER TABLE ${places.copy} ADD CONSTRAINT none CHECK (type <> 'refused')`);
    t.true((await store.commitEvents([anEvent(anId(), { type: 'refused' })])).ok);
    t.is(await countIn(knex, places.changes), 2);
    await knex.raw(`ALTER TABLE ${places.copy} DROP CONSTRAINT none`);
    await catchUp(knex, places);
    t.is(await difference(places), 0);
    t.true((await changeLayout(knex, { schema, partitions: TO })).changed);
  },
);

test.serial('a change that is only noted while a switch waits is taken over first', async (t) => {
  const { schema, store, places } = await aLog();
  const reader = await aReader(t);
  let noted: Promise<void> | undefined;
  const noteOne = async () => {
    await knex.raw(`ALTER TABLE ${places.copy} ADD CONSTRAINT none CHECK (type <> 'refused')`);
    await store.commitEvents([anEvent(anId(), { type: 'refused' })]);
    await knex.raw(`ALTER TABLE ${places.copy} DROP CONSTRAINT none`);
    t.is(await countIn(knex, places.changes), 1);
    await reader.commit();
  };
  const onStep = (what: string) => {
    if (what.startsWith('waiting for transactions')) noted ??= noteOne();
  };
  t.true((await changeLayout(knex, { schema, partitions: TO, onStep })).changed);
  await noted;
  t.is(await countIn(knex, places.log), 21);
});

test.serial('what a replication applies is noted, too, and a truncated log is not replaced', async (t) => {
  const { store, schema, places } = await aLog();
  await makeCopy(knex, places, PLAIN, partitioned(TO));
  await noteChanges(knex, places, 60_000);
  await knex.transaction(async (trx) => {
    await trx.raw('SET LOCAL session_replication_role = replica');
    await new PostgresStore(trx, { schema }).commitEvents([anEvent()]);
  });
  t.is(await countIn(knex, places.changes), 1);
  // As `pg_restore --disable-triggers` does.
  await knex.raw(`ALTER TABLE ${places.log} DISABLE TRIGGER USER`);
  await store.commitEvents([anEvent()]);
  await knex.raw(`ALTER TABLE ${places.log} ENABLE TRIGGER USER`);
  await t.throwsAsync(changeLayout(knex, { schema, partitions: TO }), { message: /switched off/ });
  await cancelLayoutChange(knex, { schema });
  await makeCopy(knex, places, PLAIN, partitioned(TO));
  await noteChanges(knex, places, 60_000);
  await knex.raw(`TRUNCATE ${places.log}`);
  await store.commitEvents([anEvent()]);
  await t.throwsAsync(changeLayout(knex, { schema, partitions: TO }), { message: /it was truncated/ });
  t.is(await countIn(knex, places.log), 1);
});
