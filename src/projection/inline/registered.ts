import type { Knex } from 'knex';
import type { Executor } from '../../store/driver/driver.js';
import { whenCommitted } from '../../store/transactions/joined.js';
import type { ProjectedPlace } from '../../store/commit/positioned-projection.js';
import { registerCopy } from '../copies/register-copy.js';
import type { ReadModelDefinition } from '../definition.js';

/** By database, the schemas and names of projections that are known to be registered, or are being registered by this process. */
const known = new WeakMap<object, Map<string, Promise<unknown>>>();

/**
 * Registers a projection that this process does not know to be registered. Only that is remembered, and that only once it is
 * committed: which copy is live, each commit sees by itself.
 */
export async function ensureRegistered(
  definition: ReadModelDefinition,
  on: Executor,
  place: ProjectedPlace,
): Promise<void> {
  const names = namesIn(place);
  const key = keyOf(definition, place);
  const before = names.get(key);
  if (before !== undefined) {
    await before;
    return;
  }
  const registering = registerCopy(on, place.schema, definition);
  if (on.isTransaction === true) {
    await registering;
    whenCommitted(on as Knex.Transaction, () => names.set(key, registering));
    return;
  }
  names.set(key, registering);
  try {
    await registering;
  } catch (error) {
    names.delete(key);
    throw error;
  }
}

/** Forgets that a projection was registered: another database came in the place of the one that was known, say. */
export function forgetRegistered(definition: ReadModelDefinition, place: ProjectedPlace): void {
  namesIn(place).delete(keyOf(definition, place));
}

function namesIn({ database }: ProjectedPlace): Map<string, Promise<unknown>> {
  let names = known.get(database);
  if (names === undefined) known.set(database, (names = new Map<string, Promise<unknown>>()));
  return names;
}

function keyOf({ name }: ReadModelDefinition, { schema }: ProjectedPlace): string {
  return `${schema} ${name}`;
}
