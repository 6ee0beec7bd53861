import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** Events of an aggregate that come after a sequence although their clock is not later than a reading. */
export interface EarlierClocks {
  readonly count: number;
  /** The first of them. */
  readonly sequence: number;
}

/**
 * Whether a history as of a reading of the clock, which ends at a sequence, leaves out events that are not later because
 * one before them was. `undefined` when it does not, as in every history whose clocks run forwards.
 */
export async function earlierClocks(
  log: EventLog,
  aggregateId: Timestamp,
  sequence: number,
  until: Timestamp,
): Promise<EarlierClocks | undefined> {
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  where.and('sequence > ?', sequence);
  where.and('"timestamp" <= ?', until.encode());
  const sql = `SELECT count(*)::text, min(sequence) FROM ${tablesOf(log).log} ${where.sql}`;
  const [row] = await select<[string, number | null]>(log, sql, where.bindings);
  return row?.[1] == null ? undefined : { count: Number(row[0]), sequence: row[1] };
}
