import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** Stored bytes up to which a body counts as short: longer ones are kept apart from their rows, and cost a read each. */
const SHORT = 2000;

/** The body of an event as JSON text. */
export interface ShortBody {
  readonly sequence: number;
  /** Absent for a long body, which is not read. */
  readonly body: string | undefined;
}

/** The bodies of those events of an aggregate that have one of these sequences, by sequence, as far as they are short. Uses an index. */
export async function shortBodies(
  log: EventLog,
  aggregateId: Timestamp,
  sequences: readonly number[],
): Promise<ShortBody[]> {
  if (sequences.length === 0) return [];
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  where.and(`sequence IN (${sequences.map(() => '?').join(', ')})`, ...sequences);
  const rows = await select<readonly [number, string | null]>(
    log,
    `SELECT sequence, CASE WHEN pg_column_size(body) <= ${SHORT} THEN body::text END FROM ${tablesOf(log).log} ${where.sql} ORDER BY sequence`,
    where.bindings,
  );
  return rows.map(([sequence, body]) => ({ sequence, body: body ?? undefined }));
}
