import type { Alarm } from './alarm.js';
import type { Running } from './running.js';

/** Time between two attempts to set up or to rebuild what was refused, in milliseconds. */
const AGAIN = 60_000;

/**
 * Tries again what was refused when the worker started, and tells what still is, each minute until the worker stops: a view
 * may be gone that was in the way, or a right be given.
 */
export async function runRetries(running: Retrying, alarm: Alarm): Promise<void> {
  const { copies, onError, signal } = running;
  while (!signal.aborted) {
    await alarm.sleep(AGAIN);
    if (signal.aborted) return;
    await retryRefused(running);
    for (const error of copies.refusals) onError(error);
  }
}

/** Tries again what was refused, if anything was. */
export async function retryRefused({ copies, reach, working }: Retrying): Promise<void> {
  if (copies.refusals.length > 0) await reach.survive(() => working.run(() => copies.retry()));
}

type Retrying = Pick<Running, 'copies' | 'onError' | 'reach' | 'signal' | 'working'>;
