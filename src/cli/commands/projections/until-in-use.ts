import { setTimeout as delay } from 'node:timers/promises';
import type { ProjectionWorker } from '../../../projection/worker/run-projections.js';

/** Time between two looks whether new tables are in use, in milliseconds. */
const PAUSE = 250;

/**
 * Waits until a worker has caught up, and then for as long as `isWaiting` is true, because new tables are not in use yet. The worker is
 * asked once: each time it is, it goes through the whole log, and what others keep out of use it tries again by itself. Gives what it said;
 * `undefined` when the signal is aborted, or it stops, before that. Rejects as `caughtUp` does.
 */
export async function untilInUse(
  worker: ProjectionWorker,
  isWaiting: () => Promise<boolean>,
  { signal, pause = PAUSE }: { readonly signal: AbortSignal; readonly pause?: number },
): Promise<{ readonly parked: number } | undefined> {
  let isOver = false;
  const end = () => void (isOver = true);
  const stopped = worker.stopped.then(end, end);
  const reached = await Promise.race([worker.caughtUp(), stopped.then(() => undefined)]).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  while (!signal.aborted && (await isWaiting()) && !isOver && !signal.aborted)
    await delay(pause, undefined, { signal }).catch(() => {});
  return reached;
}
