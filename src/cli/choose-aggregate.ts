import type { Definition } from '../aggregate/definition.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { PostgresStore } from '../store/postgres-store.js';
import { UsageError } from './errors.js';
import type { Session } from './session.js';

/** The configured aggregate with a name; `undefined` without a name. Throws {@link UsageError} when there is none. */
export async function aggregateByName(session: Session, name: string | undefined): Promise<Definition | undefined> {
  if (name === undefined) return undefined;
  const { aggregates = [] } = await session.configuration();
  const found = aggregates.find((definition) => definition.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`No aggregate ${JSON.stringify(name)} is configured.`, {
    hint:
      aggregates.length > 0
        ? `Configured are: ${namesOf(aggregates)}.`
        : 'List the aggregates in maestro.config.ts: `export default defineConfig({ aggregates: [ … ] })`.',
  });
}

/**
 * The configured aggregate that says that an id is its own, by the id itself or by its first event; `undefined` when
 * none does. Throws {@link UsageError} when several do.
 */
export async function aggregateOwning(
  session: Session,
  store: PostgresStore,
  id: Timestamp,
): Promise<Definition | undefined> {
  const { aggregates = [] } = await session.configuration();
  if (aggregates.length === 0) return undefined;
  const [{ owns }, firstType] = await Promise.all([import('../aggregate/owns.js'), typeOfFirstEvent(store, id)]);
  const owners = aggregates.filter((definition) => owns(definition, id, firstType));
  if (owners.length < 2) return owners[0];
  throw new UsageError(`${id.hex} may be one of several aggregates: ${namesOf(owners)}.`, {
    hint: 'Name the one it is with --aggregate.',
  });
}

/** The names of aggregates, for people. */
export function namesOf(aggregates: readonly Definition[]): string {
  return aggregates.map(({ name }) => name).join(', ');
}

async function typeOfFirstEvent(store: PostgresStore, id: Timestamp): Promise<string | undefined> {
  for await (const { type } of store.streamStoredEvents(id, 1, { limit: 1 })) return type;
  return undefined;
}
