import type { EventLog } from '../../../admin/log/event-log.js';
import { MANY_EVENTS } from '../../../admin/log/estimate-events.js';
import type { LogPosition } from '../../../admin/log/log-position.js';
import { estimateSearch, type SearchEstimate } from '../../../admin/search-events/estimate-search.js';
import { searchStep } from '../../../admin/search-events/search-step.js';
import type { StoredEvent } from '../../../events.js';
import type { SearchQuery } from './search-query.js';

/** Number of events of a page. */
export const PAGE_SIZE = 50;
/** Milliseconds after which a page is shown with what was found until then. */
const PATIENCE = 150;
/** Number of events that a step looks at: few at first, so that the first page is there soon. */
const [FIRST_STEP, SMALLEST_STEP, LARGEST_STEP] = [5000, 1000, 20_000];

/** A page of what was found. */
export interface SearchResults {
  readonly events: readonly StoredEvent[];
  /** The place where the next page begins; absent when there is no other. */
  readonly next: LogPosition | undefined;
  /** True when the page is not full although the search is not at its end: it goes on from `next`. */
  readonly isUnfinished: boolean;
  /** The index that would help, where a page of a large log is not full and there is none yet. */
  readonly missing: SearchEstimate['index'];
}

/** Searches until a page is full, the search is at its end, or some time has gone by. */
export async function findResults(log: EventLog, query: SearchQuery): Promise<SearchResults> {
  const begin = performance.now();
  const events: StoredEvent[] = [];
  const { types, where, text, since, until, order } = query;
  const search = {
    types: types.length === 0 ? undefined : types,
    where,
    text,
    since,
    until,
    reverse: order === 'latest',
  };
  let next = query.after;
  let looked = FIRST_STEP;
  let left = PATIENCE;
  do {
    const step = await searchStep(log, { ...search, after: next }, { limit: PAGE_SIZE - events.length, looked });
    events.push(...step.events);
    next = step.next;
    const before = left;
    left = PATIENCE - (performance.now() - begin);
    // As many as there is time for, by what the last step took.
    const fits = Math.floor((looked * left) / (before - left));
    looked = Math.min(Math.max(fits, SMALLEST_STEP), looked * 2, LARGEST_STEP);
  } while (next !== undefined && events.length < PAGE_SIZE && left > 0);
  const isFull = events.length === PAGE_SIZE;
  const missing = isFull || where === undefined ? undefined : await missingIndex(log, query);
  return { events, next, isUnfinished: next !== undefined && !isFull, missing };
}

async function missingIndex(log: EventLog, query: SearchQuery): Promise<SearchEstimate['index']> {
  const { events, index } = await estimateSearch(log, query);
  return events < MANY_EVENTS || index?.state === 'valid' ? undefined : index;
}
