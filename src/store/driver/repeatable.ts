import type { Knex } from 'knex';
import type { Executor } from './driver.js';
import { keepsPrepared, withoutPreparedStatements } from './pg/prepared.js';
import { clientOf } from './relied-upon.js';

type Work<Value> = (transaction: Knex.Transaction) => Promise<Value>;

/** Transactions that can be run again, by Knex's client of each: whether one of their statements was lost. */
const repeatable = new WeakMap<object, { lost: boolean }>();

/** True for a transaction whose work can be run again. */
export function isRepeatable(transaction: Executor): boolean {
  return repeatable.has(clientOf(transaction));
}

/** The error of a prepared statement that a connection lost, which is noted: so the work around it is run again. */
export function lostStatement(transaction: Executor, error: unknown): unknown {
  const about = repeatable.get(clientOf(transaction));
  if (about !== undefined) about.lost = true;
  return error;
}

/** Work in a savepoint of a transaction, which can be run again with it. */
export function asRepeatable<Value>(outer: Executor, work: Work<Value>): Work<Value> {
  const about = repeatable.get(clientOf(outer));
  return about === undefined ? work : marked(about, work);
}

/** Runs work that can be run again; when a statement was lost, once more and without prepared statements from then on. */
export async function repeatedOnce<Value>(
  knex: Executor,
  run: (work: Work<Value>) => Promise<Value>,
  work: Work<Value>,
): Promise<Value> {
  if (!keepsPrepared(knex)) return await run(work);
  const about = { lost: false };
  try {
    return await run(marked(about, work));
  } catch (error) {
    if (!about.lost) throw error;
    withoutPreparedStatements(knex);
    return await run(work);
  }
}

function marked<Value>(about: { lost: boolean }, work: Work<Value>): Work<Value> {
  return async (transaction) => {
    repeatable.set(clientOf(transaction), about);
    return await work(transaction);
  };
}
