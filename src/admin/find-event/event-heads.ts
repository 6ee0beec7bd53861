import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
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
  /** Only events whose time lies between two, in milliseconds since 1970, both inclusive where given. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Events of one aggregate without their bodies. Uses an index. */
export async function eventHeads(
  log: EventLog,
  aggregateId: Timestamp,
  { direction, sequence, limit, since, until }: HeadRange,
): Promise<EventHead[]> {
  const [comparison, order] = direction === 'after' ? ['>', 'ASC'] : ['<=', 'DESC'];
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  where.and(`sequence ${comparison} ?`, sequence);
  where.between(since, until);
  const rows = await select<readonly [Uint8Array, number, string]>(
    log,
    `SELECT "timestamp", sequence, type FROM ${tablesOf(log).log} ${where.sql} ORDER BY sequence ${order} LIMIT ?`,
    [...where.bindings, limit],
  );
  return rows.map(([timestamp, number, type]) => ({
    aggregateId,
    timestamp: Timestamp.decode(timestamp),
    sequence: number,
    type,
  }));
}
