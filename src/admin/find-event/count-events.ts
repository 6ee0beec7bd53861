import type { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** A part of a history by sequence, and how far to count in it. */
export interface CountRange {
  /** The sequence after which to begin. */
  readonly after: number;
  /** The last sequence, inclusive. */
  readonly upTo: number;
  /** The number at which to stop. */
  readonly most: number;
}

/** The number of events of an aggregate in a part of its history, which may be far fewer than sequences; at most `most`. Uses an index. */
export async function countEvents(
  log: EventLog,
  aggregateId: Timestamp,
  { after, upTo, most }: CountRange,
): Promise<number> {
  const [row] = await select<readonly [number]>(
    log,
    `SELECT count(*)::integer FROM (SELECT 1 FROM ${tablesOf(log).log} WHERE aggregate_id = ? AND sequence > ? AND sequence <= ? LIMIT ?) AS event`,
    [aggregateId.encode(), after, upTo, most],
  );
  return row?.[0] ?? 0;
}
