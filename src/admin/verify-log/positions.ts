import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { readPages } from '../../store/read/read-pages.js';
import { projectionTables } from '../../store/projection-tables.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import type { Report } from './verify-progress.js';
import type { Violation } from './violations.js';

/** Positions checked in one statement. */
const PAGE = 20_000;

/**
 * Verifies the positions of projections and subscriptions against the log, and that what is kept of an aggregate belongs to
 * a copy that is there. Finds nothing where the tables are not there. Positions and log are read in one statement, so what
 * is committed meanwhile is no violation.
 */
export async function* verifyPositions(
  log: EventLog,
  id: Timestamp | undefined,
  report: Report,
): AsyncGenerator<Violation> {
  const names = projectionTables(log.schema ?? DEFAULT_SCHEMA);
  const [row] = await select<[boolean]>(log, 'SELECT to_regclass(?) IS NOT NULL', [names.projections]);
  if (row?.[0] !== true) return;
  yield* misplaced(log, id, report);
  for (const of of ['positions', 'parked', 'skipped', 'leases'] as const) yield* strays(log, of, id);
}

type PositionRow = [
  copy: number,
  id: Uint8Array,
  hex: string,
  sequence: number,
  name: string,
  last: number | null,
  isThere: boolean,
];

/** The positions at which there is no event. */
async function* misplaced(log: EventLog, id: Timestamp | undefined, report: Report): AsyncGenerator<Violation> {
  const { projections, positions } = projectionTables(log.schema ?? DEFAULT_SCHEMA);
  const { log: events } = tablesOf(log);
  const page = (after: PositionRow | undefined, size: number) => {
    const where = new Conditions();
    // Retired copies are about to be removed, and follow the log no more.
    where.and("c.status <> 'retired'");
    if (id !== undefined) where.and('p.aggregate_id = ?', id.encode());
    if (after !== undefined) where.and('(p.copy, p.aggregate_id) > (?, ?)', after[0], after[1] as Buffer);
    const sql = `SELECT p.copy, p.aggregate_id, encode(p.aggregate_id, 'hex'), p.sequence, c.name, last.sequence,
  p.sequence = 0 OR EXISTS (SELECT FROM ${events} AS e WHERE e.aggregate_id = p.aggregate_id AND e.sequence = p.sequence)
FROM ${positions} AS p JOIN ${projections} AS c ON c.id = p.copy
LEFT JOIN LATERAL (SELECT e.sequence FROM ${events} AS e WHERE e.aggregate_id = p.aggregate_id
  ORDER BY e.sequence DESC LIMIT 1) AS last ON true
${where.sql} ORDER BY p.copy, p.aggregate_id LIMIT ?`;
    return select<PositionRow>(log, sql, [...where.bindings, size]);
  };
  for await (const rows of readPages(page, { size: PAGE })) {
    for (const [, , aggregateId, sequence, projection, last, isThere] of rows) {
      const at = { aggregateId, sequence, projection };
      if (isThere) continue;
      if (last === null) yield { kind: 'position without events', ...at };
      else if (sequence > last) yield { kind: 'position ahead', ...at, last };
      else yield { kind: 'position at a missing event', ...at };
    }
    report({ positions: rows.length });
  }
}

type StrayRow = [id: Uint8Array, hex: string, sequence: number, copy: number];

/** The rows of a table whose copy is not there. */
async function* strays(
  log: EventLog,
  of: 'positions' | 'parked' | 'skipped' | 'leases',
  id: Timestamp | undefined,
): AsyncGenerator<Violation> {
  const { projections, [of]: table } = projectionTables(log.schema ?? DEFAULT_SCHEMA);
  const page = (after: StrayRow | undefined, size: number) => {
    const where = new Conditions();
    where.and(`NOT EXISTS (SELECT FROM ${projections} AS c WHERE c.id = p.copy)`);
    if (id !== undefined) where.and('p.aggregate_id = ?', id.encode());
    if (after !== undefined)
      where.and('(p.copy, p.aggregate_id, p.sequence) > (?, ?, ?)', after[3], after[0] as Buffer, after[2]);
    const rows = of === 'leases' ? `(SELECT copy, aggregate_id, 0 AS sequence FROM ${table})` : table;
    const sql = `SELECT p.aggregate_id, encode(p.aggregate_id, 'hex'), p.sequence, p.copy FROM ${rows} AS p
${where.sql} ORDER BY p.copy, p.aggregate_id, p.sequence LIMIT ?`;
    return select<StrayRow>(log, sql, [...where.bindings, size]);
  };
  for await (const rows of readPages(page, { size: PAGE }))
    for (const [, aggregateId, sequence, copy] of rows) yield { kind: 'no copy', aggregateId, sequence, copy, of };
}
