import type { Knex } from 'knex';
import type { Executor } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import { projectionTables } from '../projection-tables.js';
import { integerArray } from '../read/rows.js';
import { looseIndexScan } from '../read/loose-index-scan.js';

/** A place in a walk along the aggregates of the log, in the order of their ids. */
export interface LogCursor {
  /** The last aggregate of the slice before, as hex digits; empty at the beginning. */
  readonly after: string;
  /** True when histories were long, so that the next slice leaps from one aggregate to the next. */
  readonly leaps: boolean;
}

/** The beginning of the log. */
export const LOG_START: LogCursor = { after: '', leaps: false };

/** Size of one slice: rows of the index where it is read row by row, aggregates where it is leapt along. */
export interface SliceSize {
  readonly rows: number;
  readonly leaps: number;
}

/** About 30 milliseconds of a server's time. */
const SLICE: SliceSize = { rows: 20_000, leaps: 1000 };
/** The engine in this process computes several times as slowly, and keeps the process busy meanwhile. */
const EMBEDDED_SLICE: SliceSize = { rows: 2000, leaps: 200 };

/** The size of slices that suits a database. */
export function sliceSize(on: Executor): SliceSize {
  return driverOf(on).isEmbedded ? EMBEDDED_SLICE : SLICE;
}

/** Mean length of histories from which a leap, one search in the index, costs less than reading all rows. */
const LONG = 100;

/** A row with the end of a slice: the last aggregate, how many rows or aggregates were found, the mean length of a history. */
export type SliceEnd = readonly [through: string, found: number, meanLength: number];

/** The beginning of a statement, with the values for it. */
interface SliceSql {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
}

/** Beyond all ids, which have 16 bytes. */
export const BEYOND = Buffer.alloc(17, 0xff);

/**
 * SQL of a slice with the positions of copies beside it, to be followed by conditions or grouping: `select` chooses from
 * `copy.id` and `place (aggregate_id, last, sequence)`, where `last` is 0 for a position without events, and `sequence`
 * for an aggregate without a position. The last slice has all positions that are left, for some may lie beyond the log.
 */
export function positionsBesideSlice(
  schema: string,
  copies: readonly number[],
  { select, cursor, size }: { readonly select: string; readonly cursor: LogCursor; readonly size: SliceSize },
): SliceSql {
  const { log, positions } = projectionTables(schema);
  const { sql, bindings } = logSlice(log, cursor, size);
  return {
    // One copy after the other, each a range of the index of positions. A full join is hashed or merged, never a search of the
    // range for each aggregate, however wrong the statistics are.
    sql: `${sql}
SELECT ${select} FROM unnest(?::text::integer[]) AS copy(id) CROSS JOIN LATERAL (
  SELECT aggregate_id, coalesce(last, 0) AS last, coalesce(sequence, 0) AS sequence FROM heads FULL JOIN (
    SELECT aggregate_id, sequence FROM ${positions} WHERE copy = copy.id AND aggregate_id > ?
      AND aggregate_id <= coalesce((SELECT through FROM slice WHERE found = ?::integer), ?) OFFSET 0) AS at USING (aggregate_id)) AS place`,
    bindings: [...bindings, integerArray(copies), Buffer.from(cursor.after, 'hex'), fullSlice(cursor, size), BEYOND],
  };
}

/**
 * SQL that begins with `WITH`: the tables `heads (aggregate_id, last)`, the aggregates of a slice with their last
 * sequences, and `slice (through, found, mean)`, one row for {@link SliceEnd}, or none when there is no aggregate any more.
 */
function logSlice(log: string, { after, leaps }: LogCursor, size: SliceSize): SliceSql {
  const begin = Buffer.from(after, 'hex');
  // The number of rows is text, so that it is known when the statement is planned.
  return leaps
    ? { sql: leapingSlice(log), bindings: [begin, size.leaps] }
    : { sql: scannedSlice(log, size.rows), bindings: [begin] };
}

/** The cursor of the next slice; `undefined` when this one was the last. */
export function nextCursor(cursor: LogCursor, size: SliceSize, end: SliceEnd | undefined): LogCursor | undefined {
  if (end === undefined) return undefined;
  const [after, found, meanLength] = end;
  return found < fullSlice(cursor, size) ? undefined : { after, leaps: meanLength > LONG };
}

/** Number of events that a slice has passed, about: the rest of the last history in it is not counted, nor are gaps taken off. */
export function eventsOf({ leaps }: LogCursor, [, found, meanLength]: SliceEnd): number {
  return leaps ? found * meanLength : found;
}

/** Number of rows or aggregates in a slice that is not the last one. */
export function fullSlice({ leaps }: LogCursor, size: SliceSize): number {
  return leaps ? size.leaps : size.rows;
}

/** Reads rows of the index one after the other. The last aggregate may have more, so its last sequence is looked up. */
function scannedSlice(log: string, rows: number): string {
  return `WITH scanned AS MATERIALIZED (
  SELECT aggregate_id, sequence FROM ${log} WHERE aggregate_id > ? ORDER BY aggregate_id, sequence LIMIT ${rows}),
edge AS MATERIALIZED (
  SELECT aggregate_id, ${lastSequence(log, 'final.aggregate_id')} AS last
  FROM (SELECT aggregate_id FROM scanned ORDER BY aggregate_id DESC LIMIT 1) AS final),
heads AS MATERIALIZED (
  SELECT aggregate_id, CASE WHEN aggregate_id = (SELECT aggregate_id FROM edge) THEN (SELECT last FROM edge) ELSE max(sequence) END AS last
  FROM scanned GROUP BY aggregate_id),
slice AS MATERIALIZED (${sliceEnd('edge', 'scanned')})`;
}

/** Searches the next aggregate beyond each one, and its last sequence. */
function leapingSlice(log: string): string {
  return `WITH heads AS MATERIALIZED (
  SELECT id AS aggregate_id, ${lastSequence(log, 'ids.id')} AS last
  FROM (${looseIndexScan(log, 'aggregate_id', { from: 'aggregate_id > ?' })}) AS ids),
slice AS MATERIALIZED (${sliceEnd('(SELECT aggregate_id FROM heads ORDER BY aggregate_id DESC LIMIT 1) AS edge', 'heads')})`;
}

function lastSequence(log: string, id: string): string {
  return `(SELECT e.sequence FROM ${log} AS e WHERE e.aggregate_id = ${id} ORDER BY e.sequence DESC LIMIT 1)`;
}

function sliceEnd(edge: string, found: string): string {
  return `SELECT aggregate_id AS through, (SELECT count(*) FROM ${found})::integer AS found,
  (SELECT sum(last) / count(*) FROM heads)::integer AS mean FROM ${edge}`;
}
