import type { Knex } from 'knex';
import { databaseActivity } from '../../store/activity.js';
import { driverOf } from '../../store/driver/driver-of.js';

/** Time that what is under way may take by default when a database is closed, in milliseconds. */
export const DEFAULT_CLOSE_TIMEOUT = 10_000;
/** Time that connections which were cut off may take to notice, in milliseconds. */
const CUT_OFF = 1_000;

/**
 * Ends a pool: what is under way may end first, for up to so many milliseconds; then its connections are cut off, and it
 * fails as it does when a server goes away. Resolves when all is over, or soon after the time was. What asks Knex for a
 * connection from then on is told that the database was closed.
 */
export async function closePool(knex: Knex, timeout: number): Promise<void> {
  const driver = driverOf(knex);
  const deadline = Date.now() + timeout;
  await within(databaseActivity(knex).close(), timeout);
  const closed = driver.close();
  if (await within(closed, deadline - Date.now())) return;
  driver.cancel();
  await within(closed, CUT_OFF);
}

/** True when something was done in time, false when it was not; rejects when it failed in time. */
async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds), false);
  });
  const done = work.then(() => true as const);
  done.catch(() => {});
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
