import { InvalidArgumentError } from '../../errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { select } from '../log/select.js';
import { TIME } from './log-statistics.js';

/** The events of one aggregate to count. */
export interface AggregateHistogramQuery {
  readonly aggregateId: Timestamp;
  /** The sequence of its last event. */
  readonly last: number;
  /** The first and the last millisecond since 1970, both included. */
  readonly since: number;
  readonly until: number;
  /** The length of an interval in whole milliseconds. Each begins at a multiple of it since 1970. */
  readonly interval: number;
  /** Largest number of events that are read; of more, every second, third and so on. @defaultValue 20,000 */
  readonly most?: number;
}

/** The events of one aggregate in one interval of time. */
export interface IntervalEvents {
  /** The beginning of the interval, in milliseconds since 1970. */
  readonly time: number;
  /** Number of events that were read, each of which stands for `each`. */
  readonly read: number;
  /** The smallest sequence among them, and its timestamp if it is the only one. */
  readonly sequence: number;
  readonly timestamp: Timestamp | undefined;
}

/** The events of one aggregate over time. */
export interface AggregateHistogram {
  /** The intervals with events, in order. */
  readonly intervals: readonly IntervalEvents[];
  /** Number of events for which one that was read stands: 1 where all were read. */
  readonly each: number;
}

type IntervalRow = readonly [place: string, events: string, sequence: number, timestamp: string];

/** Counts the events of one aggregate by interval of time. Reads a bounded number of them, by the index on sequences. */
export async function aggregateHistogram(
  log: EventLog,
  { aggregateId, last, since, until, interval, most = 20_000 }: AggregateHistogramQuery,
): Promise<AggregateHistogram> {
  if (!Number.isInteger(interval) || interval < 1)
    throw new InvalidArgumentError(`An interval has a whole number of milliseconds, 1 or more; got ${interval}.`);
  await assertNoHiddenRows(log);
  const each = Math.max(1, Math.ceil(last / most));
  const where = new Conditions();
  where.between(since, until);
  const events = tablesOf(log).log;
  const id = aggregateId.encode();
  // One by one by the index, because otherwise the whole history would be read for some of it.
  const [source, bindings] =
    each === 1
      ? [`(SELECT "timestamp", sequence FROM ${events} WHERE aggregate_id = ?) AS e`, [id]]
      : [
          `generate_series(1, ?::integer, ?::integer) AS numbers(sequence) CROSS JOIN LATERAL (
  SELECT "timestamp", sequence FROM ${events} WHERE aggregate_id = ? AND sequence = numbers.sequence LIMIT 1) AS e`,
          [last, each, id],
        ];
  const sql = `SELECT place::text, count(*)::text, min(sequence), min(hex COLLATE "C") FROM (
  SELECT ${TIME} / ? AS place, e.sequence, encode("timestamp", 'hex') AS hex FROM ${source} ${where.sql}) AS found
GROUP BY place ORDER BY found.place`;
  const rows = await select<IntervalRow>(log, sql, [interval, ...bindings, ...where.bindings]);
  const intervals = rows.map(([place, count, sequence, timestamp]) => ({
    time: Number(place) * interval,
    read: Number(count),
    sequence,
    timestamp: count === '1' && each === 1 ? Timestamp.fromHex(timestamp) : undefined,
  }));
  return { intervals, each };
}
