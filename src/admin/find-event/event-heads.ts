import { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import type { EventHead } from './find-event.js';
import { select } from '../log/select.js';

/** Range of the events of an aggregate, by sequence. */
export interface HeadRange {
  /** `upTo`: the events up to a sequence, the last ones first; `after`: those after it. */
  readonly direction: 'upTo' | 'after';
  readonly sequence: number;
  /** Largest number of events. */
  readonly limit: number;
}

/** Events of one aggregate without their bodies. Uses an index. */
export async function eventHeads(
  log: EventLog,
  aggregateId: Timestamp,
  { direction, sequence, limit }: HeadRange,
): Promise<EventHead[]> {
  const [comparison, order] = direction === 'after' ? ['>', 'ASC'] : ['<=', 'DESC'];
  const rows = await select<readonly [Uint8Array, number, string]>(
    log,
    `SELECT "timestamp", sequence, type FROM ${tablesOf(log).log} WHERE aggregate_id = ? AND sequence ${comparison} ? ORDER BY sequence ${order} LIMIT ?`,
    [Buffer.from(aggregateId.encode()), sequence, limit],
  );
  return rows.map(([timestamp, number, type]) => ({
    aggregateId,
    timestamp: Timestamp.decode(timestamp),
    sequence: number,
    type,
  }));
}
