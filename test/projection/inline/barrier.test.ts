import test from 'ava';
import type { Knex } from 'knex';
import { takeIn } from '../../../src/projection/apply/take-in.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal, positionOf, seen } from '../../support/projection/journal.js';

const { schema } = useTestDatabase(test);
const knex = testKnex({ searchPath: [schema] });
test.after.always(() => knex.destroy());
const database = { knex, schema };
const store = new PostgresStore(knex, { schema });
const positions = `"${schema}".maestro_positions`;

/** Resolves when as many sessions wait for a lock on the table of positions. */
async function waiting(count: number): Promise<void> {
  const sql = `SELECT count(*)::integer AS waiting FROM pg_locks WHERE NOT granted AND relation = '${positions}'::regclass`;
  for (let found = -1; found < count;) {
    const { rows } = await knex.raw<{ rows: { waiting: number }[] }>(sql);
    found = rows[0]?.waiting ?? 0;
  }
}

/** Does what a switch does: keeps all who move positions out, and retires a copy. */
async function retire(transaction: Knex.Transaction, copy: number): Promise<void> {
  await transaction.raw(`UPDATE "${schema}".maestro_projections SET status = 'retired' WHERE id = ?`, [copy]);
}

for (const sequence of [1, 2])
  test(`who waits while a copy is switched does not write for the old one, event ${sequence}`, async (t) => {
    const journal = aJournal();
    const { definition } = journal;
    const [copy] = await registerCopy(knex, schema, definition);
    if (copy === undefined) return t.fail();
    const [inline, byWorker] = [anId(), anId()];
    for (const id of [inline, byWorker]) {
      if (sequence === 2) await store.commitAll([anEvent(id)], [definition]);
    }
    await store.commitEvents([anEvent(byWorker, { sequence })]);
    let movers: Promise<unknown[]> | undefined;

    await knex.transaction(async (transaction) => {
      await transaction.raw(`LOCK TABLE ${positions} IN EXCLUSIVE MODE`);
      movers = Promise.all([
        store.commitAll([anEvent(inline, { sequence })], [definition]),
        takeIn(database, copy, definition, [byWorker]),
      ]);
      await waiting(2);
      await retire(transaction, copy.id);
    });

    const [committed, taken] = (await movers) as [unknown, unknown];
    t.like(committed, { ok: true });
    t.like(taken, { taken: 0, isGone: true });
    for (const id of [inline, byWorker]) {
      t.deepEqual(await seen(knex, journal, id), sequence === 2 ? [1] : []);
      t.is(await positionOf(database, copy, id), sequence - 1);
    }
  });

test('a switch waits for those who have begun to write for the old copy', async (t) => {
  let began = () => {};
  let end = () => {};
  const hasBegun = new Promise<void>((resolve) => (began = resolve));
  const mayEnd = new Promise<void>((resolve) => (end = resolve));
  const journal = aJournal({
    before: async () => {
      began();
      await mayEnd;
    },
  });
  const { definition } = journal;
  const [copy] = await registerCopy(knex, schema, definition);
  if (copy === undefined) return t.fail();
  const id = anId();

  const committing = store.commitAll([anEvent(id)], [definition]);
  await hasBegun;
  let seenBySwitch: number[] | undefined;
  const switching = knex.transaction(async (transaction) => {
    await transaction.raw(`LOCK TABLE ${positions} IN EXCLUSIVE MODE`);
    seenBySwitch = await seen(transaction, journal, id);
    await retire(transaction, copy.id);
  });
  await waiting(1);
  end();
  await committing;
  await switching;

  t.deepEqual(seenBySwitch, [1]);
});
