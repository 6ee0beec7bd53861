/** The end of the last piece of work on each transaction, by Knex's client of that transaction. */
const last = new WeakMap<object, Promise<void>>();

/**
 * Waits for the turn of some work on a transaction, whose statements share one connection and must go one after another.
 * Resolves to the function that ends the turn; to call it again does nothing.
 */
export async function takeTurn(transaction: object): Promise<() => void> {
  const previous = last.get(transaction);
  let end = (): void => {};
  last.set(transaction, new Promise((resolve) => (end = resolve)));
  await previous;
  return end;
}

/** Runs some work on a transaction in its turn. */
export async function inTurn<Value>(transaction: object, work: () => Promise<Value>): Promise<Value> {
  const end = await takeTurn(transaction);
  try {
    return await work();
  } finally {
    end();
  }
}
