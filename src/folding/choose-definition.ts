import type { Definition } from '../aggregate/definition/definition.js';
import { ownsAggregate } from '../aggregate/owns-aggregate.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { PostgresStore } from '../store/postgres-store.js';
import { SeveralOwnersError, UnknownDefinitionError } from './errors.js';

/** Finds the definition for an id; `firstType` reads the type of its first event. `undefined` when none owns it. */
export type DefinitionChooser = (
  id: Timestamp,
  firstType: () => Promise<string | undefined>,
) => Promise<Definition | undefined>;

/** The configured definition of a name. Throws {@link UnknownDefinitionError} when there is none. */
export function definitionNamed(configured: readonly Definition[], name: string): Definition {
  const named = configured.find((definition) => definition.name === name);
  if (named === undefined) throw new UnknownDefinitionError(name, configured);
  return named;
}

/**
 * The configured definition that owns an aggregate; `undefined` when none does. `firstTypeOf` reads the type of its first
 * event; it is not called when nothing is configured. Throws {@link SeveralOwnersError}, and `HandlerError` when an
 * `owns.ids` fails.
 */
export async function definitionOwning(
  configured: readonly Definition[],
  id: Timestamp,
  firstTypeOf: () => Promise<string | undefined>,
): Promise<Definition | undefined> {
  if (configured.length === 0) return undefined;
  const firstType = await firstTypeOf();
  const owners = configured.filter((definition) => ownsAggregate(definition, id, firstType));
  if (owners.length > 1) throw new SeveralOwnersError(id, owners);
  return owners[0];
}

/** The type of the first event of an aggregate; `undefined` when there is none. */
export async function typeOfFirstEvent(store: PostgresStore, id: Timestamp): Promise<string | undefined> {
  for await (const { type } of store.streamStoredEvents(id, 1, { limit: 1 })) return type;
  return undefined;
}
