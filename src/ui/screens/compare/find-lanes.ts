import { eventHeads } from '../../../admin/find-event/event-heads.js';
import { type EventHead, lastHead } from '../../../admin/find-event/find-event.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import { type AggregateHistogram, aggregateHistogram } from '../../../admin/log-statistics/aggregate-histogram.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { LAST_ISO_TIME } from '../../../hlc/timestamp-text.js';
import { intervalOf } from '../search/intervals.js';
import type { CompareQuery } from './compare-query.js';

/** Most columns of a lane: the marks of one are no more, however many its events are. */
const COLUMNS = 240;
/** Most events that are read for all lanes together. */
const EVENTS = 15_000;

/** An aggregate and its events over time. */
export interface Lane {
  readonly id: Timestamp;
  /** Its last event; absent without events. */
  readonly last: EventHead | undefined;
  readonly histogram: AggregateHistogram;
}

/** Aggregates on one axis of time. */
export interface Lanes {
  /** The beginning of the first column, in milliseconds since 1970. */
  readonly begin: number;
  readonly interval: number;
  readonly columns: number;
  readonly lanes: readonly Lane[];
}

/** Counts the events of the aggregates on one axis: of the time that was asked for, or of their whole life. */
export async function findLanes(log: EventLog, query: CompareQuery): Promise<Lanes> {
  const ends = [];
  for (const id of query.ids) {
    const [first] = await eventHeads(log, id, { direction: 'after', sequence: 0, limit: 1 });
    ends.push({ id, first, last: await lastHead(log, id) });
  }
  const times = ends.flatMap(({ first, last }) => [first, last].flatMap((head) => head?.timestamp.time ?? []));
  const since = Math.min(query.since ?? Math.min(...times, query.until ?? LAST_ISO_TIME), LAST_ISO_TIME);
  const until = Math.min(Math.max(query.until ?? Math.max(...times, 0), since), LAST_ISO_TIME);
  const interval = intervalOf(since, until, COLUMNS);
  const begin = Math.floor(since / interval) * interval;
  const most = Math.floor(EVENTS / ends.length);
  const lanes: Lane[] = [];
  for (const { id, last } of ends) {
    const histogram =
      last === undefined
        ? { intervals: [], each: 1 }
        : await aggregateHistogram(log, { aggregateId: id, last: last.sequence, since, until, interval, most });
    lanes.push({ id, last, histogram });
  }
  return { begin, interval, columns: Math.floor((until - begin) / interval) + 1, lanes };
}
