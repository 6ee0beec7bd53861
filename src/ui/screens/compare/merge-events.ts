import type { StoredEvent } from '../../../events.js';
import type { PostgresStore } from '../../../store/postgres-store.js';
import type { CompareQuery } from './compare-query.js';

/** Most events that are listed. */
const SHOWN = 100;

/** Events of several aggregates in one order. */
export interface OrderedEvents {
  readonly events: readonly ComparedEvent[];
  /** For each aggregate, the sequence after which its events go on; absent when these are all. */
  readonly next: readonly number[] | undefined;
}

/** An event without its body. */
export type ComparedEvent = Omit<StoredEvent, 'body'>;

/**
 * The first events of the aggregates in the order of their timestamps. Those of one aggregate stay in the order of their sequences,
 * also where its clock ran backwards, so that the place at which the list goes on is a sequence of each.
 */
export async function mergeEvents(store: PostgresStore, query: CompareQuery): Promise<OrderedEvents> {
  const { ids, since, until, after = ids.map(() => 0) } = query;
  const queues: ComparedEvent[][] = [];
  for (const [index, id] of ids.entries()) {
    const options = { since, until, limit: SHOWN + 1 };
    const queue: ComparedEvent[] = [];
    const first = (after[index] ?? 0) + 1;
    for await (const { timestamp, aggregateId, sequence, type } of store.streamStoredEvents(id, first, options))
      queue.push({ timestamp, aggregateId, sequence, type });
    queues.push(queue);
  }
  const events: ComparedEvent[] = [];
  const next = [...after];
  while (events.length < SHOWN) {
    const index = earliest(queues);
    const event = queues[index]?.shift();
    if (event === undefined) return { events, next: undefined };
    events.push(event);
    next[index] = event.sequence;
  }
  return { events, next: earliest(queues) < 0 ? undefined : next };
}

/** The place of the queue whose first event is the earliest; below 0 when all are empty. */
function earliest(queues: readonly (readonly ComparedEvent[])[]): number {
  let found = -1;
  for (const [index, [head]] of queues.entries()) {
    const best = queues[found]?.[0];
    if (head !== undefined && (best === undefined || isBefore(head, best))) found = index;
  }
  return found;
}

function isBefore(a: ComparedEvent, b: ComparedEvent): boolean {
  return (a.timestamp.compare(b.timestamp) || a.aggregateId.compare(b.aggregateId)) < 0;
}
