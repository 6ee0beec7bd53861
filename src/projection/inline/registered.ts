import type { Knex } from 'knex';
import type { Executor } from '../../store/driver/driver.js';
import { whenCommitted } from '../../store/transactions/joined.js';
import type { ProjectedPlace } from '../../store/commit/positioned-projection.js';
import { registerCopy } from '../copies/register-copy.js';
import type { ReadModelDefinition } from '../definition.js';

/** Projections that are registered, or are being registered by this process. */
interface Known {
  readonly registering: Promise<unknown>;
  isDone: boolean;
}

/** By database, the schemas and names of projections with what is known of them. */
const known = new WeakMap<object, Map<string, Known>>();

/**
 * Longest wait, in milliseconds, for another registration: setting up takes less, but that of an application's transaction lasts as long as
 * this. A commit cannot go on without the tables, for whoever made it finds what it wrote, so it fails then and can be tried again.
 */
const PATIENCE = 2000;

/**
 * Registers a projection that this process does not know to be registered. Only that is remembered, and that only once it is
 * committed: which copy is live, each commit sees by itself. Inside a transaction nothing is waited for that needs a connection of
 * its own: the transaction may have the only one.
 */
export async function ensureRegistered(
  definition: ReadModelDefinition,
  on: Executor,
  place: ProjectedPlace,
): Promise<void> {
  const names = namesIn(place);
  const key = keyOf(definition, place);
  const before = names.get(key);
  if (before?.isDone === true) return;
  if (on.isTransaction === true) {
    const registering = registerCopy(on, place.schema, definition, { patience: PATIENCE });
    await registering;
    whenCommitted(on as Knex.Transaction, () => names.set(key, { registering, isDone: true }));
    return;
  }
  if (before !== undefined) {
    await before.registering;
    return;
  }
  const mine: Known = {
    registering: registerCopy(on, place.schema, definition, { patience: PATIENCE }),
    isDone: false,
  };
  names.set(key, mine);
  try {
    await mine.registering;
    mine.isDone = true;
  } catch (error) {
    names.delete(key);
    throw error;
  }
}

/** Forgets that a projection was registered: another database came in the place of the one that was known, say. */
export function forgetRegistered(definition: ReadModelDefinition, place: ProjectedPlace): void {
  namesIn(place).delete(keyOf(definition, place));
}

function namesIn({ database }: ProjectedPlace): Map<string, Known> {
  let names = known.get(database);
  if (names === undefined) known.set(database, (names = new Map<string, Known>()));
  return names;
}

function keyOf({ name }: ReadModelDefinition, { schema }: ProjectedPlace): string {
  return `${schema} ${name}`;
}
