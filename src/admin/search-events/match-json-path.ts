import { withReadRetry } from '../../store/read/read-retry.js';
import { query } from '../../store/read/rows.js';
import type { EventLog } from '../log/event-log.js';
import { withJsonPathErrors, jsonPathHolds } from './json-path.js';

/**
 * Tests JSON texts against a jsonpath, as PostgreSQL evaluates it: true for each from which the path selects a value
 * other than `false` and `null`. Throws `InvalidJsonPathError`.
 */
export async function matchJsonPath({ knex }: EventLog, path: string, states: readonly string[]): Promise<boolean[]> {
  if (states.length === 0) return [];
  const sql = `SELECT ${jsonPathHolds('state.value')}
FROM jsonb_array_elements(?::text::jsonb) WITH ORDINALITY AS state(value, place) ORDER BY place`;
  const bindings = [path, `[${states.join(',')}]`];
  return (await withReadRetry(() => withJsonPathErrors(path, query<[boolean]>(knex, sql, bindings)))).map(
    ([held]) => held,
  );
}
