import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** The events that a state at a point in time leaves out: they come after its last event, but their timestamps are earlier. */
export interface LeftOutEvents {
  readonly count: number;
  /** The first of them. */
  readonly sequence: number;
}

/**
 * Finds the events that a history up to a time, which ends at `sequence`, leaves out although their timestamps are not
 * later than `until`: an event before them has a later one. `undefined` when there are none, as in every history in the
 * order of its times.
 */
export async function leftOutEvents(
  log: EventLog,
  aggregateId: Timestamp,
  sequence: number,
  until: Timestamp,
): Promise<LeftOutEvents | undefined> {
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  where.and('sequence > ?', sequence);
  where.and('"timestamp" <= ?', until.encode());
  const sql = `SELECT count(*)::text, min(sequence) FROM ${tablesOf(log).log} ${where.sql}`;
  const [row] = await select<[string, number | null]>(log, sql, where.bindings);
  return row?.[1] == null ? undefined : { count: Number(row[0]), sequence: row[1] };
}
