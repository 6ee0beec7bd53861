import { errorInsideTransaction } from '../commit/inside-transaction.js';
import { isConnectionLost, isQueryTimeout, isSerializationFailure, sqlState } from '../driver/driver-error.js';
import { storeError } from '../failures/database-errors.js';
import type { Executor } from './rows.js';

/**
 * Runs a read; when its connection turns out to be broken, once more on another one, since reading twice is harmless; and
 * {@link withSerializationRetry} again. In a transaction of the application, which is named then, there is no other connection.
 * Whatever fails is thrown as the `MaestroError` that says what it means; of two broken connections, how the first broke.
 */
export async function withReadRetry<Value>(work: () => Promise<Value>, on?: Executor): Promise<Value> {
  try {
    return await (on?.isTransaction === true ? work() : twice(work));
  } catch (error) {
    throw storeError(on?.isTransaction === true ? await errorInsideTransaction(on, error) : error);
  }
}

async function twice<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await withSerializationRetry(work);
  } catch (first) {
    if (!isConnectionLost(first) || isQueryTimeout(first)) throw first;
    try {
      return await work();
    } catch (second) {
      throw isConnectionLost(second) ? first : second;
    }
  }
}

/** Largest number of tries at a read that serializable transactions of others are in the way of. */
const MAX_ATTEMPTS = 10;

/**
 * Runs a read, which with `default_transaction_isolation = serializable` can be undone for the sake of others, until it is
 * not. Inside a transaction of the application nothing can be read after that, so there the failure stands.
 */
export async function withSerializationRetry<Value>(work: () => Promise<Value>): Promise<Value> {
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
