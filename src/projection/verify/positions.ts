import { Timestamp } from '../../hlc/timestamp.js';
import { type Executor, query, textArray } from '../../store/read/rows.js';
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

/** Number of aggregates that are drawn at most for each of a sample. */
const DRAWS = 100;

/** A random sample of aggregates. */
export interface Sample {
  /** In order. */
  readonly ids: readonly Timestamp[];
  /** Number of those that were drawn besides, and left out because a copy has taken in no event of these types of them. */
  readonly without: number;
}

/**
 * A random sample of those aggregates with events of some types, each with the same chance: `count`, or as many as are among a hundred
 * times that. The database reads all positions of the copy.
 */
export async function samplePositions(
  on: Executor,
  schema: string,
  copy: number,
  { count, types }: { readonly count: number; readonly types: readonly string[] },
): Promise<Sample> {
  const { positions, log } = projectionTables(schema);
  const rows = await query<[string | null, number]>(
    on,
    `WITH drawn AS MATERIALIZED (SELECT row_number() OVER () AS n, * FROM (
  SELECT aggregate_id, sequence FROM ${positions} WHERE copy = ? AND sequence > 0 ORDER BY random() LIMIT ?) AS drawn),
sample AS (SELECT n, aggregate_id FROM drawn WHERE (SELECT true FROM ${log} AS log WHERE log.aggregate_id = drawn.aggregate_id
  AND log.sequence <= drawn.sequence AND log.type = ANY (ARRAY(SELECT unnest(?::text::text[]))) LIMIT 1) LIMIT ?)
SELECT encode(aggregate_id, 'hex') AS hex, n::integer FROM sample
UNION ALL SELECT NULL, count(*)::integer FROM drawn ORDER BY hex`,
    [copy, count * DRAWS, textArray(types), count],
  );
  const found = rows.flatMap(([hex, n]) => (hex === null ? [] : { id: Timestamp.fromHex(hex), n }));
  const drawn = found.length === count ? Math.max(...found.map(({ n }) => n)) : (rows.at(-1)?.[1] ?? 0);
  return { ids: found.map(({ id }) => id), without: drawn - found.length };
}

/** The aggregates of a sample, some hundreds at a time. */
export function* chunksOf(ids: readonly Timestamp[]): Generator<Timestamp[]> {
  for (let from = 0; from < ids.length; from += CHUNK) yield ids.slice(from, from + CHUNK);
}
