import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { type LogPosition, positionCondition } from '../log/log-position.js';
import { select } from '../log/select.js';
import { orderedEvents } from './ordered-events.js';
import type { EventSearch } from './event-search.js';
import type { SearchIndex } from './search-index.js';

/**
 * The position of the last of a number of events from where a search begins, of those that an index finds where one is given;
 * `undefined` when there are fewer. Reads an index.
 */
export async function positionAfter(
  log: EventLog,
  { since, until, after, reverse = false }: Pick<EventSearch, 'since' | 'until' | 'after' | 'reverse'>,
  count: number,
  index?: SearchIndex,
): Promise<LogPosition | undefined> {
  const direction = reverse ? '<' : '>';
  const where = new Conditions();
  if (after !== undefined) where.and(...positionCondition(direction, after));
  where.between(since, until);
  const { sql, bindings } = orderedEvents({
    log: tablesOf(log).log,
    columns: '"timestamp", aggregate_id',
    where,
    index,
    direction,
    limit: 1,
    offset: count - 1,
  });
  const [row] = await select<[Uint8Array, Uint8Array]>(log, sql, bindings);
  return row === undefined ? undefined : { timestamp: Timestamp.decode(row[0]), aggregateId: Timestamp.decode(row[1]) };
}
