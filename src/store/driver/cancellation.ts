import { AsyncLocalStorage } from 'node:async_hooks';

const signals = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs work that nobody waits for any more once the signal is aborted: what its statements are at on connections of a pool is
 * cancelled on the server, and no further one is sent. They fail, and so the work must expect that. On the embedded engine a
 * statement that is under way ends first, unless the engine has a thread of its own. Transactions that Knex itself began are left alone.
 */
export function withCancellation<Value>(signal: AbortSignal, work: () => Value): Value {
  return signals.run(signal, work);
}

/** The signal of the work around, if it can be cancelled. */
export function cancellationSignal(): AbortSignal | undefined {
  return signals.getStore();
}
