import { driverOf } from '../../driver/driver-of.js';
import { type Executor, execute } from '../../read/rows.js';
import { lockTables } from '../lock-tables.js';
import { areFewNoted, takeOver } from './catch-up.js';
import { noteFunction } from './note-function.js';
import type { Places } from './places.js';
import { lockWork } from './progress-state.js';

/**
 * Takes over the last notes, and from then on has each change of the log made in the copy as well, in the same transaction, so that nobody sees
 * it in one and not in the other. Writers wait meanwhile. False, and nothing done, when too many notes have come since they were
 * last taken over. Does nothing when another process is further.
 */
export async function writeThrough(on: Executor, places: Places, timeout: number): Promise<boolean> {
  return await driverOf(on).transaction((transaction) =>
    lockTables(transaction, [places.log], 'SHARE ROW EXCLUSIVE', timeout, async () => {
      if ((await lockWork(transaction, places, 'catching up')) === undefined) return true;
      if (!(await areFewNoted(transaction, places))) return false;
      await execute(transaction, 'SET LOCAL row_security = off');
      await takeOver(transaction, places);
      await execute(transaction, noteFunction(places, { through: true }));
      return true;
    }),
  );
}

/** Has changes noted only: to take over or to compare much holds rows of the copy, and no writer shall wait for these. */
export async function noteOnly(on: Executor, places: Places): Promise<void> {
  await execute(on, noteFunction(places, { through: false }));
}
