import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { readPages } from '../../store/read/read-pages.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import type { Report } from './verify-progress.js';
import type { Violation } from './violations.js';

/** Snapshots checked in one statement. */
const PAGE_SNAPSHOTS = 20_000;

/** Verifies snapshots against the first and last events of their aggregates. */
export async function* verifySnapshots(
  log: EventLog,
  id: Timestamp | undefined,
  report: Report,
): AsyncGenerator<Violation> {
  const { log: events, snapshots } = tablesOf(log);
  const page = (after: SnapshotRow | undefined, size: number) => {
    const where = new Conditions();
    if (id !== undefined) where.and('s.aggregate_id = ?', id.encode());
    if (after !== undefined) where.and('s.aggregate_id > ?', after[0] as Buffer);
    const sql = `SELECT s.aggregate_id, encode(s.aggregate_id, 'hex'), s.sequence, last.sequence, first.sequence FROM ${snapshots} AS s
LEFT JOIN LATERAL (SELECT sequence FROM ${events} AS e WHERE e.aggregate_id = s.aggregate_id
  ORDER BY sequence DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (SELECT sequence FROM ${events} AS e WHERE e.aggregate_id = s.aggregate_id
  ORDER BY sequence LIMIT 1) AS first ON true
${where.sql} ORDER BY s.aggregate_id LIMIT ?`;
    return select<SnapshotRow>(log, sql, [...where.bindings, size]);
  };
  for await (const rows of readPages(page, { size: PAGE_SNAPSHOTS })) {
    for (const [, aggregateId, sequence, last, first] of rows) {
      if (aggregateId.length !== 32) yield { kind: 'id length', aggregateId, sequence, of: 'snapshot' };
      else if (last === null) yield { kind: 'snapshot without events', aggregateId, sequence };
      else if (sequence > last) yield { kind: 'snapshot ahead', aggregateId, sequence, last };
      else if (first > 1) yield { kind: 'snapshot of missing events', aggregateId, sequence, first };
    }
    report({ snapshots: rows.length });
  }
}

type SnapshotRow = [id: Uint8Array, aggregateId: string, sequence: number, last: number | null, first: number];
