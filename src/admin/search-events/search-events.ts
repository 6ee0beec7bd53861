import type { StoredEvent } from '../../events.js';
import { checkedLimit } from '../../store/read/sequence-range.js';
import { readPages } from '../../store/read/read-pages.js';
import { bodyLength, type EventRow, storedEvent } from '../../store/read/rows.js';
import type { EventLog } from '../log/event-log.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import type { EventSearch } from './event-search.js';
import { firstOfRare, mayBeRare } from './rare-events.js';
import { type SearchIndex, searchIndex } from './search-index.js';
import { selectPage } from './select-page.js';

/**
 * The events of all aggregates in the order of {@link LogPosition}, in bounded memory; reads a page when the one before
 * has been taken. Uses the index on timestamps, and for `where` one that `addPathIndex` has made on a value that the path compares
 * with `==`; all else has no index, so all events in between are looked at ({@link estimateSearch}).
 * Throws `InvalidJsonPathError`, and `InvalidArgumentError` for a limit below 1.
 */
export async function* searchEvents(log: EventLog, search: EventSearch = {}): AsyncGenerator<StoredEvent> {
  await assertNoHiddenRows(log);
  yield* eventsInOrder(log, search, await searchIndex(log, search.where));
}

/** {@link searchEvents} without the check for hidden rows, for callers that have made it, and have found the index. */
export async function* eventsInOrder(
  log: EventLog,
  search: EventSearch,
  index?: SearchIndex,
): AsyncGenerator<StoredEvent> {
  const limit = checkedLimit(search.limit);
  const page = (last: EventRow | undefined, size: number) => {
    if (last === undefined && mayBeRare(search, index)) return firstOfRare(log, search, size);
    const after = last === undefined ? search.after : storedEvent(last);
    return selectPage(log, { ...search, after }, { index, size });
  };
  for await (const rows of readPages(page, { lengthOf: bodyLength, limit }))
    for (const row of rows) yield storedEvent(row);
}
