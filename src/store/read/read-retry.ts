import { errorInsideTransaction } from '../commit/inside-transaction.js';
import { isConnectionLost, isQueryTimeout, isSerializationFailure, sqlState } from '../driver/driver-error.js';
import { isReplacedShard } from '../driver/node-failure.js';
import { storeError } from '../failures/database-errors.js';
import type { Executor } from './rows.js';

/**
 * Runs a read, and once more on another connection when the first one breaks, or when a cluster has replaced what it was planned for, since reading twice is harmless; retries
 * serialization failures like {@link withSerializationRetry}. Inside an application's transaction, given as `on`, there
 * is no other connection, so there nothing is retried. Throws the `MaestroError` for a failure; of two broken
 * connections, the error of the first.
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
    if (!(isConnectionLost(first) || isReplacedShard(first)) || isQueryTimeout(first)) throw first;
    try {
      return await work();
    } catch (second) {
      throw isConnectionLost(second) ? first : second;
    }
  }
}

/** Largest number of attempts at a read that serializable transactions of others keep failing. */
const MAX_ATTEMPTS = 10;

/**
 * Runs a read until no serialization failure ends it: with `default_transaction_isolation = serializable`, other
 * transactions can cause one. Inside an application's transaction nothing can be read after a failure, so there it is
 * thrown.
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
