import { pathKey, AMBIGUOUS } from '../../store/read/path-key.js';
import { textArray } from '../../store/read/rows.js';
import { type PathIndex, pathIndexes } from '../../store/migrate/log-index/read-indexes.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { canonicalJsonPath } from './json-path.js';
import { isSamePath, type NeededValue, neededValues } from './needed-values.js';

/** An index that finds the events for which a jsonpath can hold. */
export interface SearchIndex {
  /** SQL of the number of an event in the index. */
  readonly key: string;
  /** The numbers of all events for which the jsonpath can hold. */
  readonly numbers: readonly string[];
}

/** Entries of an index that are counted to find out which of several has fewer. */
const COUNTED = 1000;

/**
 * The index that finds the events for which a jsonpath can hold, and some others; `undefined` when there is none. Throws
 * `InvalidJsonPathError`.
 */
export async function searchIndex(log: EventLog, where: string | undefined): Promise<SearchIndex | undefined> {
  if (where === undefined) return undefined;
  const needed = neededValues(await canonicalJsonPath(log, where));
  if (needed.length === 0) return undefined;
  const valid = (await pathIndexes(log.knex, log)).filter(({ state }) => state === 'valid');
  const usable = needed.filter(({ keys }) => indexOn(valid, keys) !== undefined);
  const [first, ...others] = await Promise.all(usable.map((value) => ofValue(log, value)));
  if (first === undefined || others.length === 0) return first;
  let best = { index: first, entries: await entriesOf(log, first) };
  for (const index of others) {
    const entries = await entriesOf(log, index);
    if (entries < best.entries) best = { index, entries };
  }
  return best.index;
}

/** The index on the value to which keys lead. */
export function indexOn(indexes: readonly PathIndex[], keys: readonly string[]): PathIndex | undefined {
  return indexes.find((index) => isSamePath(index.keys, keys));
}

async function ofValue(log: EventLog, { keys, values }: NeededValue): Promise<SearchIndex> {
  const sql = 'SELECT DISTINCT jsonb_hash_extended(value, 0)::text FROM jsonb_array_elements(?::text::jsonb) AS value';
  const hashes = await select<[string]>(log, sql, [`[${values.join(',')}]`]);
  return { key: `(${pathKey(keys)})`, numbers: [...new Set([AMBIGUOUS, ...hashes.map(([hash]) => hash)])] };
}

/** The number of the entries of the index that would be read, at most {@link COUNTED}. */
async function entriesOf(log: EventLog, { key, numbers }: SearchIndex): Promise<number> {
  const sql = `SELECT count(*)::integer FROM (
  SELECT 1 FROM ${tablesOf(log).log} WHERE ${key} = ANY (?::text::bigint[]) LIMIT ${COUNTED}) AS entry`;
  const [row] = await select<[number]>(log, sql, [textArray(numbers)]);
  return row?.[0] ?? 0;
}
