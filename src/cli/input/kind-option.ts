import type { Definition } from '../../aggregate/definition/definition.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { typeOfFirstEvent } from '../fold/choose-aggregate.js';
import { UsageError } from '../errors.js';

/** `--aggregate` of commands that list: flags and description. */
export const KIND = [
  '--aggregate <name>',
  'only aggregates that this definition of the configuration file owns',
] as const;

/** A kind of aggregates, told by the types that their histories begin with, or by what a function says of an id. */
export type Kind =
  | { readonly firstTypes: readonly string[] }
  | { readonly owns: (store: PostgresStore, id: Timestamp) => Promise<boolean> };

/** So many answers are kept. */
const KEPT = 10_000;

/** The kind that a definition says is its own. Throws {@link UsageError} when it does not say. */
export function kindOf(definition: Definition): Kind {
  const { name, owns } = definition;
  const { firstEvents = [], ids } = owns;
  if (ids !== undefined) return { owns: remembering((store, id) => isOwn(definition, store, id)) };
  if (firstEvents.length > 0) return { firstTypes: firstEvents };
  throw new UsageError(`The definition ${name} does not say which aggregates it owns.`, {
    hint: 'Add it to the definition: `owns: { firstEvents: [ … ] }`.',
  });
}

async function isOwn(definition: Definition, store: PostgresStore, id: Timestamp): Promise<boolean> {
  const { ownsAggregate } = await import('../../aggregate/owns-aggregate.js');
  if (ownsAggregate(definition, id, undefined)) return true;
  const { firstEvents = [] } = definition.owns;
  return firstEvents.length > 0 && ownsAggregate(definition, id, await typeOfFirstEvent(store, id));
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

/** The items whose aggregate is of a kind that SQL cannot tell. */
export async function* ofKind<Item extends { readonly aggregateId: Timestamp }>(
  items: AsyncIterable<Item>,
  kind: Kind | undefined,
  store: PostgresStore,
): AsyncGenerator<Item> {
  for await (const item of items)
    if (kind === undefined || !('owns' in kind) || (await kind.owns(store, item.aggregateId))) yield item;
}
