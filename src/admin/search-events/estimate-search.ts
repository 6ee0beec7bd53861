import { InvalidArgumentError } from '../../errors.js';
import { memberPathText } from '../../json/path/member-path.js';
import { indexedPath } from '../../store/migrate/log-index/path-index.js';
import { type IndexState, pathIndexes } from '../../store/migrate/log-index/read-indexes.js';
import { estimateEvents } from '../log/estimate-events.js';
import type { EventLog } from '../log/event-log.js';
import { canonicalJsonPath } from './json-path.js';
import { isSamePath, neededValues } from './needed-values.js';
import type { EventSearch } from './event-search.js';

/** An estimate of what a search has to read. */
export interface SearchEstimate {
  /** Events of the time asked for, as PostgreSQL estimates them: so many are read at most when no index helps. */
  readonly events: number;
  /** The path of the value on which an index helps, and its state, of which only `valid` does; `undefined` when none can. */
  readonly index: { readonly path: string; readonly state: IndexState['state'] | 'none' } | undefined;
}

/** Estimates, without looking at an event, what {@link searchEvents} has to read. Throws `InvalidJsonPathError`. */
export async function estimateSearch(
  log: EventLog,
  { since, until, where }: Pick<EventSearch, 'since' | 'until' | 'where'>,
): Promise<SearchEstimate> {
  const events = await estimateEvents(log, { since, until });
  const needed = where === undefined ? [] : neededValues(await canonicalJsonPath(log, where));
  const paths = needed.map(({ keys }) => keys).filter((keys) => canBeIndexed(keys));
  if (paths.length === 0) return { events, index: undefined };
  const indexes = await pathIndexes(log.knex, log);
  const states = paths.map((keys) => ({
    path: memberPathText(keys),
    state: indexes.find((index) => isSamePath(index.keys, keys))?.state ?? ('none' as const),
  }));
  return { events, index: states.find(({ state }) => state === 'valid') ?? states[0] };
}

function canBeIndexed(keys: readonly string[]): boolean {
  try {
    indexedPath(memberPathText(keys));
    return true;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
}
