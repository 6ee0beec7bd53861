import type { Definition } from '../../aggregate/definition/definition.js';
import { firstTypesOf, ownsAggregate } from '../../aggregate/owns-aggregate.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { typeOfFirstEvent } from '../../folding/choose-definition.js';
import { UsageError } from '../errors.js';

/** A filter for the aggregates of a definition: by the types of their first events, which SQL can do, or by a function. */
export type Kind =
  | { readonly firstTypes: readonly string[] }
  | { readonly owns: (store: PostgresStore, id: Timestamp) => Promise<boolean> };

/** Number of answers that are kept. */
const KEPT = 10_000;

/** The filter for the aggregates of a definition. Throws {@link UsageError} when it does not say which they are. */
export function kindOf(definition: Definition): Kind {
  const { name, owns } = definition;
  const { ids } = owns;
  const firstTypes = firstTypesOf(definition);
  if (ids !== undefined) return { owns: remembering((store, id) => isOwn(definition, store, id)) };
  if (firstTypes.length > 0) return { firstTypes };
  throw new UsageError(`The definition ${name} does not say which aggregates belong to it.`, {
    hint: 'Add it to the definition: `owns: { firstEvents: [ … ] }`.',
  });
}

async function isOwn(definition: Definition, store: PostgresStore, id: Timestamp): Promise<boolean> {
  if (ownsAggregate(definition, id, undefined)) return true;
  return firstTypesOf(definition).length > 0 && ownsAggregate(definition, id, await typeOfFirstEvent(store, id));
}

function remembering(decide: (store: PostgresStore, id: Timestamp) => Promise<boolean>): typeof decide {
  const known = new Map<string, boolean>();
  return async (store, id) => {
    const answer = known.get(id.hex) ?? (await decide(store, id));
    if (known.size >= KEPT) known.clear();
    known.set(id.hex, answer);
    return answer;
  };
}

/** The items whose aggregates pass a filter. One by first types lets all pass, because SQL has applied it. */
export async function* ofKind<Item extends { readonly aggregateId: Timestamp }>(
  items: AsyncIterable<Item>,
  kind: Kind | undefined,
  store: PostgresStore,
): AsyncGenerator<Item> {
  for await (const item of items)
    if (kind === undefined || !('owns' in kind) || (await kind.owns(store, item.aggregateId))) yield item;
}
