import type { Knex } from 'knex';
import { OPEN_SNAPSHOTS } from '../../store/catalog/open-snapshots.js';
import { outlast } from '../../store/catalog/outlast.js';
import { askSessions } from './sessions.js';

/** For each copy that has been built, by its id, the snapshots of others that are older and have not been seen to end. */
const snapshots = new WeakMap<Knex, Map<number, ReadonlySet<string>>>();

/**
 * True when a transaction still reads what there was before this was first called for a copy, at which time the copy had all
 * rows; waits a moment for that to end. A reader at REPEATABLE READ that first names a table after the switch gets the new one as it
 * was when the reader began: half filled, if that was before. Called again until it is false.
 */
export async function haveEarlierReaders(knex: Knex, schema: string, copy: number): Promise<boolean> {
  const known = snapshots.get(knex) ?? new Map<number, ReadonlySet<string>>();
  snapshots.set(knex, known);
  const look = async () => new Set(await askSessions(knex, schema, OPEN_SNAPSHOTS));
  const left = await outlast(known.get(copy) ?? (await look()), look);
  known.set(copy, left);
  return left.size > 0;
}

/** Forgets what was seen for a copy, as when it does not have all rows after all. */
export function forgetReaders(knex: Knex, copy: number): void {
  snapshots.get(knex)?.delete(copy);
}
