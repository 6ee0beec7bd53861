import { MAX_SEQUENCE } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** An event of an aggregate that does not follow the one before it as it should. */
export interface HistoryMark {
  readonly sequence: number;
  readonly timestamp: Timestamp;
  /** The sequence before it (0: none), when events are missing in between. */
  readonly gapAfter: number | undefined;
  /** True when its timestamp is earlier than that of the event before it. */
  readonly isEarlier: boolean;
}

/** The marks of a part of a history. */
export interface HistoryMarks {
  readonly marks: readonly HistoryMark[];
  /** The last sequence that was looked at; that from which it was to begin, when there are no more events. */
  readonly upTo: number;
}

/** The part of a history to look at. */
export interface MarksRange {
  /** The sequence after which to begin. */
  readonly after: number;
  /** Largest number of events to look at. */
  readonly events: number;
  /** Largest number of marks; the part then ends with the last of them. */
  readonly marks: number;
}

type MarkRow = readonly [number, Uint8Array, number, boolean, number];

/**
 * Finds missing events and inverted clocks in one part of a history, by sequence. Reads no bodies and no more events than the
 * range says, by an index. A whole history is looked at by continuing after `upTo`.
 */
export async function historyMarks(
  log: EventLog,
  aggregateId: Timestamp,
  { after, events, marks: most }: MarksRange,
): Promise<HistoryMarks> {
  const { log: table } = tablesOf(log);
  const id = aggregateId.encode();
  // The index alone tells where the part ends: by a LIMIT a planner would rather sort the whole history.
  const end = `SELECT sequence FROM ${table} WHERE aggregate_id = ? AND sequence > ? ORDER BY sequence OFFSET ? LIMIT 1`;
  // The event at which to begin is read, too, to be compared with the next.
  const sql = `SELECT sequence, "timestamp", before, is_earlier, last FROM (
  SELECT sequence, "timestamp", coalesce(lag(sequence) OVER history, ?::integer) AS before,
    coalesce(lag("timestamp") OVER history > "timestamp", false) AS is_earlier, max(sequence) OVER () AS last
  FROM (SELECT sequence, "timestamp" FROM ${table}
    WHERE aggregate_id = ? AND sequence >= ? AND sequence <= coalesce((${end}), ${MAX_SEQUENCE})) AS part
  WINDOW history AS (ORDER BY sequence)
) AS event
WHERE sequence > ? AND (sequence <> before + 1 OR is_earlier OR sequence = last)
ORDER BY sequence LIMIT ?`;
  const rows = await select<MarkRow>(log, sql, [after, id, after, id, after, events - 1, after, most]);
  const marks = rows
    .map(([sequence, timestamp, before, isEarlier]) => ({
      sequence,
      timestamp: Timestamp.decode(timestamp),
      gapAfter: sequence === before + 1 ? undefined : before,
      isEarlier,
    }))
    .filter(({ gapAfter, isEarlier }) => gapAfter !== undefined || isEarlier);
  return { marks, upTo: rows.at(-1)?.[0] ?? after };
}
