import type { Definition } from '../aggregate/definition.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { PostgresStore } from '../store/postgres-store.js';
import { UsageError } from './errors.js';
import type { Session } from './session.js';

/**
 * Which configured aggregate an id is to be read as: the one that was named, or the one that says that the id is its
 * own; nothing when no name is given and none says so. A wrong
 * name is told before a database is opened. Throws {@link UsageError} for an unknown name, and when several say that the id is theirs.
 */
export async function aggregateChoice(
  session: Session,
  name: string | undefined,
): Promise<(store: PostgresStore, id: Timestamp) => Promise<Definition | undefined>> {
  const { aggregates = [] } = await session.configuration();
  if (name === undefined) return (store, id) => aggregateOwning(aggregates, store, id);
  const named = aggregates.find((definition) => definition.name === name);
  if (named !== undefined) return async () => named;
  throw new UsageError(`No aggregate ${JSON.stringify(name)} is configured.`, {
    hint:
      aggregates.length > 0
        ? `Configured are: ${namesOf(aggregates)}.`
        : 'List the aggregates in maestro.config.ts: `export default defineConfig({ aggregates: [ … ] })`.',
  });
}

async function aggregateOwning(
  aggregates: readonly Definition[],
  store: PostgresStore,
  id: Timestamp,
): Promise<Definition | undefined> {
  if (aggregates.length === 0) return undefined;
  const [{ owns }, firstType] = await Promise.all([import('../aggregate/owns.js'), typeOfFirstEvent(store, id)]);
  const owners = aggregates.filter((definition) => owns(definition, id, firstType));
  if (owners.length < 2) return owners[0];
  throw new UsageError(`${id.hex} may be one of several aggregates: ${namesOf(owners)}.`, {
    hint: 'Name the one it is with --aggregate.',
  });
}

function namesOf(aggregates: readonly Definition[]): string {
  return aggregates.map(({ name }) => name).join(', ');
}

async function typeOfFirstEvent(store: PostgresStore, id: Timestamp): Promise<string | undefined> {
  for await (const { type } of store.streamStoredEvents(id, 1, { limit: 1 })) return type;
  return undefined;
}
