import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** The place of an event in its history, and its time in milliseconds since 1970. */
export interface EventTime {
  readonly sequence: number;
  readonly time: number;
}

/** The times of those events of an aggregate that have one of these sequences, by sequence. Uses an index. */
export async function timesOfEvents(
  log: EventLog,
  aggregateId: Timestamp,
  sequences: readonly number[],
): Promise<EventTime[]> {
  if (sequences.length === 0) return [];
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  where.and(`sequence IN (${sequences.map(() => '?').join(', ')})`, ...sequences);
  const sql = `SELECT sequence, "timestamp" FROM ${tablesOf(log).log} ${where.sql} ORDER BY sequence`;
  const rows = await select<readonly [number, Uint8Array]>(log, sql, where.bindings);
  return rows.map(([sequence, timestamp]) => ({ sequence, time: Timestamp.decode(timestamp).time }));
}
