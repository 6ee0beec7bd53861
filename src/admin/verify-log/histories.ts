import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { BY_AGGREGATE, eventRanges } from './event-ranges.js';
import { findViolations } from './find-violations.js';
import type { Report } from './verify-progress.js';
import type { Violation } from './violations.js';

/** The histories to verify, and how. */
export interface HistoriesOptions {
  readonly aggregateId: Timestamp | undefined;
  /** The latest time that an event may have, in milliseconds since 1970. */
  readonly latestAllowed: number;
  readonly pageEvents: number;
  readonly report: Report;
}

/** Verifies histories from their first event, as many at a time as make about `pageEvents`. */
export async function* verifyHistories(
  log: EventLog,
  { aggregateId: id, latestAllowed, pageEvents, report }: HistoriesOptions,
): AsyncGenerator<Violation> {
  const { log: events } = tablesOf(log);
  const ranges = id === undefined ? eventRanges(log, BY_AGGREGATE, pageEvents, () => {}) : [rangeOf(id)];
  for await (const range of ranges) {
    const neighbours = `SELECT aggregate_id, sequence, "timestamp",
  lag(sequence) OVER history AS before, lag("timestamp") OVER history AS clock
FROM ${events} ${range.sql} WINDOW history AS (PARTITION BY aggregate_id ORDER BY sequence)`;
    yield* findViolations(log, neighbours, range.bindings, latestAllowed);
    const counts = `SELECT count(*)::text, count(DISTINCT aggregate_id)::text FROM ${events} ${range.sql}`;
    const [counted] = await select<[string, string]>(log, counts, range.bindings);
    report({ events: Number(counted?.[0]), aggregates: Number(counted?.[1]) });
  }
}

function rangeOf(id: Timestamp): Conditions {
  const range = new Conditions();
  range.and('aggregate_id = ?', id.encode());
  return range;
}
