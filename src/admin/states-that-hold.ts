import type { EventLog } from './event-log.js';
import { holds } from './json-path.js';
import { select } from './select.js';

/** For which of some JSON texts a jsonpath selects something other than `false` and `null`, as PostgreSQL evaluates it. */
export async function statesThatHold(log: EventLog, path: string, states: readonly string[]): Promise<boolean[]> {
  if (states.length === 0) return [];
  const sql = `SELECT ${holds('state.value')}
FROM jsonb_array_elements(?::text::jsonb) WITH ORDINALITY AS state(value, place) ORDER BY place`;
  return (await select<[boolean]>(log, sql, [path, `[${states.join(',')}]`])).map(([held]) => held);
}
