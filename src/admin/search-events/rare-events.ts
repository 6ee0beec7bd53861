import type { EventRow } from '../../store/read/rows.js';
import { FIRST_PAGE } from '../../store/read/page-size.js';
import { estimateEvents, MANY_EVENTS } from '../log/estimate-events.js';
import type { EventLog } from '../log/event-log.js';
import { positionAfter } from './position-after.js';
import type { EventSearch } from './event-search.js';
import type { SearchIndex } from './search-index.js';
import { selectPage } from './select-page.js';

/** Bounds of {@link firstOfRare}. */
interface RareBounds {
  /** From so many events on it matters how they are read. @defaultValue {@link MANY_EVENTS} */
  readonly many?: number;
  /** Of so many events one is walked along before anything is decided. @defaultValue 50 */
  readonly share?: number;
  /** So many events that were found on the walk make it worth to go on with it. @defaultValue 3 */
  readonly enough?: number;
}

/**
 * True for a search that may read the whole log for a few events, of whose number PostgreSQL knows nothing: by a jsonpath,
 * without an index, for no more than a first page.
 */
export function mayBeRare({ where, upTo, limit }: EventSearch, index: SearchIndex | undefined): boolean {
  return where !== undefined && index === undefined && upTo === undefined && (limit ?? Infinity) <= FIRST_PAGE;
}

/**
 * The first events of such a search. A walk along the log ends as soon as enough is found, but one process makes it; looking at all
 * events is shared among several. So a part is walked, and what it has tells which way is shorter.
 */
export async function firstOfRare(
  log: EventLog,
  search: EventSearch,
  size: number,
  { many = MANY_EVENTS, share = 50, enough = 3 }: RareBounds = {},
): Promise<EventRow[]> {
  const events = await estimateEvents(log, search);
  const walked = events < many ? undefined : await positionAfter(log, search, Math.ceil(events / share));
  const way = { index: undefined, size };
  if (walked === undefined) return await selectPage(log, search, way);
  const near = await selectPage(log, { ...search, upTo: walked }, way);
  if (near.length === size) return near;
  const rest = { ...way, size: size - near.length, scans: near.length < enough };
  return [...near, ...(await selectPage(log, { ...search, after: walked }, rest))];
}
