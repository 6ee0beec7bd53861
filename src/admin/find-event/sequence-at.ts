import type { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** Largest number of events of a history that are looked at one by one. */
const FEW = 20_000;

/**
 * The last sequence of an aggregate before its first event that is later than a time; 0 when there is none. Their times need not be
 * in order: of a history of up to 20,000 events, or `few`, every one may be looked at. In a longer one it is bisected for, so that, where
 * clocks ran backwards, a later event than the first can be found. Reads no bodies.
 */
export async function sequenceAt(log: EventLog, aggregateId: Timestamp, time: Timestamp, few = FEW): Promise<number> {
  const events = `${tablesOf(log).log} WHERE aggregate_id = ?`;
  const id = aggregateId.encode();
  const [last] = await select<[number]>(log, `SELECT sequence FROM ${events} ORDER BY sequence DESC LIMIT 1`, [id]);
  if (last === undefined) return 0;
  const before =
    last[0] <= few
      ? `coalesce((SELECT sequence FROM ${events} AND "timestamp" > ? ORDER BY sequence LIMIT 1), 2147483648)`
      : `(WITH RECURSIVE halves(low, high) AS (
  SELECT 0, ${last[0]}
  UNION ALL
  SELECT CASE WHEN is_later THEN low ELSE middle END, CASE WHEN is_later THEN middle - 1 ELSE high END FROM (
    SELECT low, high, middle,
      coalesce((SELECT "timestamp" > ? FROM ${events} AND sequence <= middle ORDER BY sequence DESC LIMIT 1), false) AS is_later
    FROM (SELECT low, high, high - (high - low) / 2 AS middle FROM halves WHERE low < high) AS half
  ) AS looked)
SELECT low + 1 FROM halves WHERE low = high)`;
  const bindings = last[0] <= few ? [id, id, time.encode()] : [id, time.encode(), id];
  const [row] = await select<[number | null]>(
    log,
    `SELECT max(sequence) FROM ${events} AND sequence < ${before}`,
    bindings,
  );
  return row?.[0] ?? 0;
}
