import { indexedPaths } from '../../store/migrate/log-index/read-indexes.js';
import { AMBIGUOUS, pathKey, VALUE_KEY } from '../../store/read/path-key.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { canonicalJsonPath } from './json-path.js';
import { isSamePath, type NeededValue, neededValues } from './needed-values.js';

/** An index that finds the events for which a jsonpath can hold. */
export interface SearchIndex {
  /** SQL of the number of an event in the index. */
  readonly key: string;
  /** SQL of the numbers of all events for which the jsonpath can hold, each with the values of its `?`. Two may be the same. */
  readonly numbers: readonly { readonly sql: string; readonly bindings: readonly string[] }[];
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
  const indexed = await indexedPaths(log.knex, log);
  const usable = needed.filter(({ keys }) => indexed.some((path) => isSamePath(path, keys)));
  const [first, ...others] = usable.map((value) => ofValue(value));
  if (first === undefined || others.length === 0) return first;
  let best = { index: first, entries: await entriesOf(log, first) };
  for (const index of others) {
    const entries = await entriesOf(log, index);
    if (entries < best.entries) best = { index, entries };
  }
  return best.index;
}

function ofValue({ keys, values }: NeededValue): SearchIndex {
  const numbers = values.map((value) => ({ sql: VALUE_KEY, bindings: [value] }));
  return { key: `(${pathKey(keys)})`, numbers: [{ sql: AMBIGUOUS, bindings: [] }, ...numbers] };
}

/** The number of the entries of the index that would be read, at most {@link COUNTED}. */
async function entriesOf(log: EventLog, { key, numbers }: SearchIndex): Promise<number> {
  const sql = `SELECT count(*)::integer FROM (
  SELECT 1 FROM ${tablesOf(log).log} WHERE ${key} IN (${numbers.map((number) => number.sql).join(', ')}) LIMIT ${COUNTED}) AS entry`;
  const bindings = numbers.flatMap((number) => number.bindings);
  const [row] = await select<[number]>(log, sql, bindings);
  return row?.[0] ?? 0;
}
