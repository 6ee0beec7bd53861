import { Timestamp } from '../../hlc/timestamp.js';
import { type Executor, query } from '../../store/read/rows.js';
import { readPages } from '../../store/read/read-pages.js';
import { projectionTables } from '../../store/projection-tables.js';

/** Aggregates whose events are taken in together. */
const CHUNK = 500;

/** The number of aggregates of which a copy has taken events in. */
export async function countOfPositions(on: Executor, schema: string, copy: number): Promise<number> {
  const [row] = await query<[string]>(
    on,
    `SELECT count(*)::text FROM ${projectionTables(schema).positions} WHERE copy = ? AND sequence > 0`,
    [copy],
  );
  return Number(row?.[0]);
}

/** The aggregates of which a copy has taken events in, some hundreds at a time, in order. */
export async function* allPositions(on: Executor, schema: string, copy: number): AsyncGenerator<Timestamp[]> {
  const { positions } = projectionTables(schema);
  const page = (after: [string] | undefined, size: number) =>
    query<[string]>(
      on,
      `SELECT encode(aggregate_id, 'hex') FROM ${positions}
WHERE copy = ? AND aggregate_id > decode(?, 'hex') AND sequence > 0 ORDER BY aggregate_id LIMIT ?`,
      [copy, after?.[0] ?? '', size],
    );
  for await (const rows of readPages(page, { size: CHUNK })) yield rows.map(([hex]) => Timestamp.fromHex(hex));
}

/** A random sample of those aggregates, in order, each with the same chance. The database reads all positions of the copy. */
export async function samplePositions(on: Executor, schema: string, copy: number, count: number): Promise<Timestamp[]> {
  const rows = await query<[string]>(
    on,
    `SELECT hex FROM (SELECT encode(aggregate_id, 'hex') AS hex FROM ${projectionTables(schema).positions}
  WHERE copy = ? AND sequence > 0 ORDER BY random() LIMIT ?) AS sample ORDER BY hex`,
    [copy, count],
  );
  return rows.map(([hex]) => Timestamp.fromHex(hex));
}

/** The aggregates of a sample, some hundreds at a time. */
export function* chunksOf(ids: readonly Timestamp[]): Generator<Timestamp[]> {
  for (let from = 0; from < ids.length; from += CHUNK) yield ids.slice(from, from + CHUNK);
}
