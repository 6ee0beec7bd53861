import type { Knex } from 'knex';
import type { CommittedEvent } from '../events.js';
import { sqlState } from '../store/driver/driver-error.js';
import type { Projection } from '../store/store.js';
import type { Definition } from './definition/definition.js';
import { AlreadyTakenError } from './errors.js';
import { ownProperty } from './fold/own-property.js';

/** Converts a projection of a definition into one function, as the store runs it. */
export function asProjection(projection: Definition['projections'][number]): Projection {
  if (typeof projection === 'function') return projection;
  return (event, transaction) => ownProperty(projection, event.type)?.(event, transaction);
}

/**
 * Projections that get each event of a commit as it is projected, instead of as it is stored; `projected` gives the events of the commit that is
 * under way.
 */
export function projectionsOf(
  projections: readonly Projection[],
  projected: () => readonly CommittedEvent<unknown>[],
): readonly Projection[] {
  return projections.map((projection) => (event, transaction) => {
    const all = projected();
    // What the definition's types say of it.
    const shown = all[event.sequence - (all[0]?.sequence ?? 0)] as CommittedEvent;
    return projection(shown, transaction);
  });
}

/** PostgreSQL's code for a unique index that refuses a row. */
const UNIQUE_VIOLATION = '23505';

/**
 * Inserts a row that must be unique, in the transaction of a projection: so no two aggregates have one name. The table
 * is the application's own and needs a unique index; write `schema.table` for one that is not on the search path.
 * Throws {@link AlreadyTakenError} when the index refuses the row; waits for a transaction that is inserting the same
 * value. To change a name, claim the new one before you release the old one: then two aggregates that swap names are
 * refused instead of waiting for each other.
 */
export async function claim(
  transaction: Knex.Transaction,
  table: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await transaction(table).insert(row);
  } catch (cause) {
    if (sqlState(cause) === UNIQUE_VIOLATION)
      throw new AlreadyTakenError(table, row, (cause as { constraint?: string }).constraint, cause);
    throw cause;
  }
}

/**
 * Deletes the rows of a table with these values, in the transaction of a projection: frees what {@link claim} has
 * taken.
 */
export async function release(
  transaction: Knex.Transaction,
  table: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  await transaction(table).where(row).delete();
}
