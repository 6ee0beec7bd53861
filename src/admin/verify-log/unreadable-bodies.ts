import type { Timestamp } from '../../hlc/timestamp.js';
import { pathText } from '../../json/path/path-text.js';
import { Conditions } from '../../store/read/conditions.js';
import { readPages } from '../../store/read/read-pages.js';
import { interopFaults, snapshotInteropFaults, VERSION_MARK } from '../../store/commit/interop.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import type { Violation } from './violations.js';

/** Bodies in one page of those that may have a fault. */
const PAGE = 100;

/**
 * Condition for bodies that may have a number which Elixir cannot read: all such have that many digits in a row.
 * (PostgreSQL takes no larger bound than 255.)
 */
const MANY_DIGITS = "body::text ~ '[0-9]{255}'";

/**
 * Finds bodies that the other reader of the tables (`interop`) cannot read. The database selects those with very long
 * numbers, and they are checked here.
 */
export async function* verifyBodies(
  log: EventLog,
  id: Timestamp | undefined,
  since: number | undefined,
): AsyncGenerator<Violation> {
  if (log.interop === undefined) return;
  yield* unreadable(log, 'event', id, since);
  yield* unreadable(log, 'snapshot', id, undefined);
}

async function* unreadable(
  log: EventLog,
  of: 'event' | 'snapshot',
  id: Timestamp | undefined,
  since: number | undefined,
): AsyncGenerator<Violation> {
  const { log: events, snapshots } = tablesOf(log);
  const table = of === 'event' ? events : snapshots;
  const dubious = of === 'event' ? MANY_DIGITS : `(jsonb_exists(body, '${VERSION_MARK}') OR ${MANY_DIGITS})`;
  const faultsOf = of === 'event' ? interopFaults : snapshotInteropFaults;
  const page = (after: BodyRow | undefined, size: number) => {
    const where = new Conditions();
    if (id !== undefined) where.and('aggregate_id = ?', id.encode());
    if (after !== undefined) where.and('(aggregate_id, sequence) > (?, ?)', after[0] as Buffer, after[2]);
    if (since !== undefined) where.between(since, undefined);
    where.and(dubious);
    const { sql, bindings } = where;
    return select<BodyRow>(
      log,
      `SELECT aggregate_id, encode(aggregate_id, 'hex'), sequence, body::text FROM ${table}
${sql} ORDER BY aggregate_id, sequence LIMIT ?`,
      [...bindings, size],
    );
  };
  for await (const rows of readPages(page, { size: PAGE }))
    for (const [, aggregateId, sequence, body] of rows)
      for (const { path, message } of faultsOf(body, log.interop))
        yield {
          kind: 'unreadable body',
          aggregateId,
          sequence,
          of,
          path: pathText('', path),
          problem: message,
        };
}

type BodyRow = [id: Uint8Array, aggregateId: string, sequence: number, body: string];
