import { type Executor, query } from '../../store/read/rows.js';
import { projectionTables } from '../../store/projection-tables.js';

/** A table that `setUp` of a projection made, and that is not there any more. */
export interface MissingTable {
  /** The copy whose table it was. */
  readonly copy: number;
  readonly table: string;
}

/** The tables of live copies, and of those being built, that are not there. */
export async function missingTables(on: Executor, schema: string): Promise<MissingTable[]> {
  // Two statements, since no node of a cluster has both: the copies, and the catalog of the node that is asked.
  const copies = await query<[copy: number, place: string | null, tables: string]>(
    on,
    `SELECT id, CASE WHEN status = 'live' THEN live_schema ELSE build_schema END, to_json(tables)::text
FROM ${projectionTables(schema).projections} WHERE status IN ('live', 'building') ORDER BY name, id`,
  );
  const made = copies.flatMap(([copy, place, tables]) =>
    (JSON.parse(tables) as string[]).toSorted().map((table) => ({ copy, place, table })),
  );
  if (made.length === 0) return [];
  const rows = await query<[number]>(
    on,
    `SELECT wanted.n::integer FROM json_to_recordset(?::text::json) AS wanted (n integer, place text, name text) WHERE NOT EXISTS (
  SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relname = wanted.name AND n.nspname = wanted.place) ORDER BY wanted.n`,
    [JSON.stringify(made.map(({ place, table }, n) => ({ n, place, name: table })))],
  );
  return rows.map(([n]) => {
    const { copy, table } = made[n] as (typeof made)[number];
    return { copy, table };
  });
}
