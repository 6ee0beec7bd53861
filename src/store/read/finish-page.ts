import { setImmediate } from 'node:timers/promises';

/**
 * Frees the rows of a page that the caller is done with but still refers to, and lets timers, input and Ctrl-C have their
 * turn, since the embedded engine never yields to the event loop.
 */
export async function finishPage(rows: unknown[]): Promise<void> {
  rows.length = 0;
  await setImmediate();
}
