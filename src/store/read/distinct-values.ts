import type { Traits } from '../layout/traits.js';
import type { Fragment } from './fragment.js';
import { looseIndexScan } from './loose-index-scan.js';

/** The distinct values of a column that an index begins with. */
export interface DistinctValues {
  readonly table: string;
  readonly column: string;
  /** A condition for the first value, such as `aggregate_id > ?`. @defaultValue from the smallest value */
  readonly from?: Fragment | undefined;
  /** A condition that holds up to the last value, and for none after it. @defaultValue to the largest value */
  readonly within?: Fragment | undefined;
  /** A condition on `ids.id`; values that do not satisfy it are skipped. @defaultValue all values */
  readonly condition?: Fragment | undefined;
  /** Largest number of values. */
  readonly limit: number;
}

/**
 * A query of distinct values, `id`, in order. It leaps from value to value along the index; on a cluster each node walks its part of the index
 * and ends at the limit.
 */
export function distinctValues(values: DistinctValues, { looksUpFor }: Pick<Traits, 'looksUpFor'>): Fragment {
  return looksUpFor === 'any row' ? byLeaps(values) : byWalking(values);
}

function byLeaps({ table, column, from, within, condition, limit }: DistinctValues): Fragment {
  const sql = looseIndexScan(table, column, {
    from: from?.sql,
    ...(within && { within: within.sql }),
    ...(condition && { condition: condition.sql }),
  });
  const parts = [from, within, within, condition].flatMap((part) => part?.bindings ?? []);
  return { sql, bindings: [...parts, limit] };
}

/** Grouped, because then each node gives its first values, in order; the condition looks at each value once. */
function byWalking({ table, column, from, within, condition, limit }: DistinctValues): Fragment {
  const range = [from, within].filter((part) => part !== undefined);
  const where = range.length === 0 ? '' : ` WHERE ${range.map(({ sql }) => sql).join(' AND ')}`;
  const bindings = range.flatMap((part) => part.bindings);
  const grouped = `SELECT ${column} AS id FROM ${table}${where} GROUP BY ${column}`;
  if (condition === undefined) return { sql: `${grouped} ORDER BY ${column} LIMIT ?`, bindings: [...bindings, limit] };
  return {
    sql: `SELECT ids.id FROM (${grouped}) AS ids WHERE ${condition.sql} ORDER BY ids.id LIMIT ?`,
    bindings: [...bindings, ...condition.bindings, limit],
  };
}
