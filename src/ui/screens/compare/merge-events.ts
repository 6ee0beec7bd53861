import type { StoredEvent } from '../../../events.js';
import type { PostgresStore } from '../../../store/postgres-store.js';
import type { CompareQuery } from './compare-query.js';

/** Most events that are listed. */
const SHOWN = 100;

/** Events of several aggregates in the order of their timestamps. */
export interface OrderedEvents {
  readonly events: readonly Omit<StoredEvent, 'body'>[];
  readonly hasMore: boolean;
}

/** The first events of the aggregates from `since` on, in one order. */
export async function mergeEvents(store: PostgresStore, { ids, since, until }: CompareQuery): Promise<OrderedEvents> {
  const events: Omit<StoredEvent, 'body'>[] = [];
  for (const id of ids)
    for await (const { timestamp, aggregateId, sequence, type } of store.streamStoredEvents(id, 1, {
      since,
      until,
      limit: SHOWN + 1,
    }))
      events.push({ timestamp, aggregateId, sequence, type });
  events.sort((a, b) => a.timestamp.compare(b.timestamp) || a.aggregateId.compare(b.aggregateId));
  return { events: events.slice(0, SHOWN), hasMore: events.length > SHOWN };
}
