import { setImmediate } from 'node:timers/promises';
import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import type { Report } from './verify-progress.js';
import { findViolations } from './find-violations.js';
import type { Violation } from './violations.js';

/** The histories to verify, and how. */
export interface HistoriesOptions {
  readonly aggregateId: Timestamp | undefined;
  /** The latest time that an event may have, in milliseconds since 1970. */
  readonly future: number;
  readonly pageEvents: number;
  readonly report: Report;
}

/** Verifies histories from their first event, as many at a time as make about `pageEvents`. */
export async function* verifyHistories(
  log: EventLog,
  { aggregateId: id, future, pageEvents, report }: HistoriesOptions,
): AsyncGenerator<Violation> {
  const { log: events } = tablesOf(log);
  for (let after: Uint8Array | undefined; ;) {
    const range = new Conditions();
    if (id !== undefined) range.and('aggregate_id = ?', id.encode());
    if (after !== undefined) range.and('aggregate_id > ?', after as Buffer);
    const end = `SELECT aggregate_id FROM ${events} ${range.sql} ORDER BY aggregate_id, sequence LIMIT 1 OFFSET ?`;
    const [last] =
      id === undefined ? await select<[Uint8Array]>(log, end, [...range.bindings, pageEvents - 1]) : [undefined];
    if (last !== undefined) range.and('aggregate_id <= ?', last[0] as Buffer);
    const neighbours = `SELECT aggregate_id, sequence, "timestamp",
  lag(sequence) OVER history AS before, lag("timestamp") OVER history AS clock
FROM ${events} ${range.sql} WINDOW history AS (PARTITION BY aggregate_id ORDER BY sequence)`;
    yield* findViolations(log, neighbours, range.bindings, future);
    const counts = `SELECT count(*)::text, count(DISTINCT aggregate_id)::text FROM ${events} ${range.sql}`;
    const [counted] = await select<[string, string]>(log, counts, range.bindings);
    report({ events: Number(counted?.[0]), aggregates: Number(counted?.[1]) });
    if (last === undefined) return;
    after = last[0];
    await setImmediate();
  }
}
