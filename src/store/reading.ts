import { isConnectionLost, isQueryTimeout, isSerializationFailure, sqlState, storeError } from './database-errors.js';

/**
 * Runs a read; when its connection turns out to be broken, once more on another one, since reading twice is harmless; and
 * {@link whenSerialized} again. Whatever fails is thrown as the `MaestroError` that says what it means.
 */
export async function reading<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await whenSerialized(work).catch((error: unknown) => {
      if (isConnectionLost(error) && !isQueryTimeout(error)) return work();
      throw error;
    });
  } catch (error) {
    throw storeError(error);
  }
}

/** How often a read is tried that serializable transactions of others are in the way of. */
const MAX_ATTEMPTS = 10;

/**
 * Runs a read, which with `default_transaction_isolation = serializable` can be undone for the sake of others, until it is
 * not. Inside a transaction of the application nothing can be read after that, so there the failure stands.
 */
export async function whenSerialized<Value>(work: () => Promise<Value>): Promise<Value> {
  let first: Error | undefined;
  for (let attempts = 1; ; attempts += 1)
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) === '25P02' && first !== undefined) throw first;
      if (!isSerializationFailure(error) || attempts === MAX_ATTEMPTS) throw error;
      first = error as Error;
    }
}
