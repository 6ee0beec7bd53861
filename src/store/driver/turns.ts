import type { Executor } from './driver.js';
import { clientOf } from './relied-upon.js';

/** End of the last piece of work on each transaction, by its client, which is the same for every copy of the transaction. */
const last = new WeakMap<object, Promise<void>>();

/**
 * Waits for the turn of some work on a transaction, whose statements share one connection and must go one after another.
 * Resolves to the function that ends the turn; to call it again does nothing.
 */
export async function takeTurn(transaction: Executor): Promise<() => void> {
  const client = clientOf(transaction);
  const previous = last.get(client);
  let end = (): void => {};
  last.set(client, new Promise((resolve) => (end = resolve)));
  await previous;
  return end;
}

/** Runs some work on a transaction in its turn. */
export async function inTurn<Value>(transaction: Executor, work: () => Promise<Value>): Promise<Value> {
  const end = await takeTurn(transaction);
  try {
    return await work();
  } finally {
    end();
  }
}
