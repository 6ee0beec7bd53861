import { isConnectionLost, isQueryTimeout, storeError } from './database-errors.js';

/**
 * Runs a read; when its connection turns out to be broken, once more on another one, since reading twice is harmless.
 * Whatever fails is thrown as the `MaestroError` that says what it means.
 */
export async function reading<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work().catch((error: unknown) => {
      if (isConnectionLost(error) && !isQueryTimeout(error)) return work();
      throw error;
    });
  } catch (error) {
    throw storeError(error);
  }
}
