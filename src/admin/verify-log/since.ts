import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import type { HistoriesOptions } from './histories.js';
import { BY_TIMESTAMP, eventRanges } from './event-ranges.js';
import { findViolations } from './find-violations.js';
import type { Violation } from './violations.js';

/**
 * Verifies the events from a time on, each against the event before it, and against the one after it if that has an
 * earlier timestamp.
 */
export async function* verifySince(
  log: EventLog,
  { aggregateId: id, since, latestAllowed, pageEvents, report }: HistoriesOptions & { readonly since: number },
): AsyncGenerator<Violation> {
  const { log: events } = tablesOf(log);
  const among = (where: Conditions) => {
    where.between(since, undefined);
    if (id !== undefined) where.and('aggregate_id = ?', id.encode());
  };
  const all = new Conditions();
  among(all);
  const first = all.bindings[0] as Buffer;
  for await (const range of eventRanges(log, BY_TIMESTAMP, pageEvents, among)) {
    const neighbours = `SELECT pair.* FROM (SELECT aggregate_id, sequence, "timestamp" FROM ${events} ${range.sql}) AS page
LEFT JOIN LATERAL (SELECT sequence, "timestamp" FROM ${events} AS e
  WHERE e.aggregate_id = page.aggregate_id AND e.sequence < page.sequence ORDER BY sequence DESC LIMIT 1) AS previous ON true
LEFT JOIN LATERAL (SELECT sequence, "timestamp" FROM ${events} AS e
  WHERE e.aggregate_id = page.aggregate_id AND e.sequence > page.sequence ORDER BY sequence LIMIT 1) AS next ON next."timestamp" < ?
CROSS JOIN LATERAL (VALUES
  (page.aggregate_id, page.sequence, page."timestamp", previous.sequence, previous."timestamp"),
  (page.aggregate_id, next.sequence, next."timestamp", page.sequence, page."timestamp"))
  AS pair(aggregate_id, sequence, "timestamp", before, clock)
WHERE pair.sequence IS NOT NULL`;
    yield* findViolations(log, neighbours, [...range.bindings, first], latestAllowed);
    const counts = `SELECT count(*)::text FROM ${events} ${range.sql}`;
    const [counted] = await select<[string]>(log, counts, range.bindings);
    report({ events: Number(counted?.[0]) });
  }
  const counts = `SELECT count(DISTINCT aggregate_id)::text FROM ${events} ${all.sql}`;
  const [counted] = await select<[string]>(log, counts, all.bindings);
  report({ aggregates: Number(counted?.[0]) });
}
