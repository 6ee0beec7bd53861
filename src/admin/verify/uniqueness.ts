import { setImmediate } from 'node:timers/promises';
import { Conditions } from '../../store/conditions.js';
import { type EventLog, tablesOf } from '../event-log.js';
import { select } from '../select.js';
import type { Violation } from './violations.js';

/** How many timestamps the database compares in one statement. */
const PAGE_EVENTS = 500_000;

/** Timestamps that events share, which only the partitioned layout can hold: its indexes are each of one partition. */
export async function* verifyUniqueness(log: EventLog): AsyncGenerator<Violation> {
  const { log: events } = tablesOf(log);
  const [table] = await select<[string]>(log, 'SELECT relkind::text FROM pg_class WHERE oid = to_regclass(?)', [
    events,
  ]);
  if (table?.[0] !== 'p') return;
  for (let after: Uint8Array | undefined; ;) {
    const range = new Conditions();
    if (after !== undefined) range.and('"timestamp" > ?', after as Buffer);
    const end = `SELECT "timestamp" FROM ${events} ${range.sql} ORDER BY "timestamp" LIMIT 1 OFFSET ?`;
    const [last] = await select<[Uint8Array]>(log, end, [...range.bindings, PAGE_EVENTS - 1]);
    if (last !== undefined) range.and('"timestamp" <= ?', last[0] as Buffer);
    const sql = `SELECT encode(aggregate_id, 'hex'), sequence, encode("timestamp", 'hex') FROM ${events}
WHERE "timestamp" IN (SELECT "timestamp" FROM ${events} ${range.sql} GROUP BY "timestamp" HAVING count(*) > 1)
ORDER BY "timestamp", aggregate_id`;
    for (const [aggregateId, sequence, timestamp] of await select<[string, number, string]>(log, sql, range.bindings))
      yield { kind: 'shared timestamp', aggregateId, sequence, timestamp };
    if (last === undefined) return;
    after = last[0];
    await setImmediate();
  }
}
