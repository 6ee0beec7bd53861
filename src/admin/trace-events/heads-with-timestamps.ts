import { Timestamp } from '../../hlc/timestamp.js';
import { byteaArray } from '../../store/read/rows.js';
import type { EventHead } from '../find-event/find-event.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** Events without their bodies, by the hex digits of their timestamp; of several with one timestamp, the first by aggregate. */
export async function headsWithTimestamps(
  log: EventLog,
  timestamps: readonly Timestamp[],
): Promise<ReadonlyMap<string, EventHead>> {
  const heads = new Map<string, EventHead>();
  if (timestamps.length === 0) return heads;
  const rows = await select<readonly [Uint8Array, Uint8Array, number, string]>(
    log,
    `SELECT "timestamp", aggregate_id, sequence, type FROM ${tablesOf(log).log}
WHERE "timestamp" = ANY (?::text::bytea[]) ORDER BY "timestamp", aggregate_id DESC`,
    [byteaArray(timestamps)],
  );
  for (const [bytes, aggregateId, sequence, type] of rows) {
    const timestamp = Timestamp.decode(bytes);
    heads.set(timestamp.hex, { timestamp, aggregateId: Timestamp.decode(aggregateId), sequence, type });
  }
  return heads;
}
