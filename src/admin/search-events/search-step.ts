import type { StoredEvent } from '../../events.js';
import type { EventLog } from '../log/event-log.js';
import type { LogPosition } from '../log/log-position.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { positionAfter } from './position-after.js';
import type { EventSearch } from './event-search.js';
import { eventsInOrder } from './search-events.js';
import { searchIndex } from './search-index.js';

/** Bounds of one step of a search. */
export interface StepSize {
  /** Largest number of events that are found, 1 or more. */
  readonly limit: number;
  /** Largest number of events that are looked at, 1 or more. */
  readonly looked: number;
}

/** Result of one step of a search. */
export interface SearchStep {
  readonly events: readonly StoredEvent[];
  /** The place where the next step begins: its `after`. Absent at the end of the search. */
  readonly next: LogPosition | undefined;
}

/**
 * One step of a search: it ends when enough events are found, or when enough are looked at, so that it takes a bounded time
 * even where nothing matches. Throws as `searchEvents` does.
 */
export async function searchStep(
  log: EventLog,
  search: Omit<EventSearch, 'limit' | 'upTo'>,
  { limit, looked }: StepSize,
): Promise<SearchStep> {
  await assertNoHiddenRows(log);
  const index = await searchIndex(log, search.where);
  const upTo = isFilter(search) ? await positionAfter(log, search, looked, index) : undefined;
  const found: StoredEvent[] = [];
  for await (const event of eventsInOrder(log, { ...search, upTo, limit: limit + 1 }, index)) found.push(event);
  const events = found.slice(0, limit);
  return { events, next: found.length > limit ? positionOf(events.at(-1)) : upTo };
}

/** True for a search that may look at events without finding them. */
function isFilter({ types, where, text, node, firstTypes }: EventSearch): boolean {
  return [types, where, text, node, firstTypes].some((filter) => filter !== undefined);
}

function positionOf(event: StoredEvent | undefined): LogPosition | undefined {
  return event === undefined ? undefined : { timestamp: event.timestamp, aggregateId: event.aggregateId };
}
