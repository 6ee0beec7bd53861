import test from 'ava';
import { commitHints } from '../../src/store/commit-hints.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { testKnex, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';

const database = useTestDatabase(test);

/** What is told while a test runs, as hex digits. */
function heard(knex = database.knex, schema = database.schema): { readonly told: string[][]; stop: () => void } {
  const told: string[][] = [];
  return { told, stop: commitHints(knex, schema).listen((ids) => told.push(ids.map(({ hex }) => hex))) };
}

test('a commit tells which aggregates have new events, each once', async (t) => {
  const [first, second] = [anId(), anId()];
  const { told, stop } = heard();
  await database.store().commitEvents([...aHistory(first, 2), anEvent(second)]);
  stop();
  await database.store().commitEvents([anEvent()]);
  t.true(told.some((ids) => ids.includes(first.hex) && ids.includes(second.hex) && ids.length === 2));
});

test('each commit of a group tells of its own', async (t) => {
  const ids = Array.from({ length: 20 }, anId);
  const { told, stop } = heard();
  const store = database.store();
  await Promise.all(ids.map((id) => store.commitEvents([anEvent(id)])));
  stop();
  for (const id of ids) t.true(told.some(([hex]) => hex === id.hex));
});

test('a conflict, and what fails, tells nothing', async (t) => {
  const id = anId();
  const store = database.store();
  await store.commitEvents([anEvent(id)]);
  const { told, stop } = heard();
  t.false((await store.commitEvents([anEvent(id)])).ok);
  await t.throwsAsync(store.commitAll([anEvent(id, { sequence: 2 })], [() => Promise.reject(new Error('no'))]));
  stop();
  t.false(told.flat().includes(id.hex));
});

test('a commit in the transaction of an application is told when that has ended', async (t) => {
  const id = anId();
  const { told, stop } = heard();
  await database.knex.transaction(async (transaction) => {
    await transaction.transaction(async (inner) => {
      await database.store().commitEvents([anEvent(id)], { transaction: inner });
    });
    t.false(told.flat().includes(id.hex));
  });
  t.true(told.flat().includes(id.hex));
  stop();
});

test('commits to another schema, or by another Knex instance, are told to others only', async (t) => {
  const id = anId();
  const elsewhere = testKnex();
  const { told, stop } = heard(database.knex, 'public');
  const other = heard(elsewhere);
  await new PostgresStore(database.knex, { schema: database.schema }).commitEvents([anEvent(id)]);
  t.deepEqual([...told, ...other.told].flat(), []);
  stop();
  other.stop();
  await elsewhere.destroy();
});
