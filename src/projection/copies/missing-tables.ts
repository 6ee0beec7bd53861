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
  const rows = await query<[number, string]>(
    on,
    `SELECT p.id, t.name FROM ${projectionTables(schema).projections} AS p CROSS JOIN unnest(p.tables) AS t (name)
WHERE p.status IN ('live', 'building') AND NOT EXISTS (
  SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relname = t.name AND n.nspname = CASE WHEN p.status = 'live' THEN p.live_schema ELSE p.build_schema END)
ORDER BY p.name, p.id, t.name`,
  );
  return rows.map(([copy, table]) => ({ copy, table }));
}
