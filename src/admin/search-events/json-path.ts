import { type ErrorCode, MaestroError } from '../../errors.js';
import { driverMessage, isUnsupportedInJsonPath, sqlState } from '../../store/driver/driver-error.js';
import { query } from '../../store/read/rows.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import type { EventLog } from '../log/event-log.js';

/** A text is not a jsonpath of PostgreSQL, or cannot be evaluated. */
export class InvalidJsonPathError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_JSON_PATH' satisfies ErrorCode;
}

/** SQL states about the jsonpath itself: data exceptions, syntax, variables. */
const ABOUT_THE_TEXT = /^(22|42601|42704)/;

/**
 * SQL with one binding, a jsonpath: true when it selects a value other than `false` and `null` from a `jsonb`
 * expression. So a predicate (`$.amount > 5`) and a filter (`$.items[*] ? (@.price > 5)`) both mean what they say.
 * Times without a zone are compared with others in the time zone of the session. One expression without a subquery,
 * which takes half the time for each event.
 */
export function jsonPathHolds(expression: string): string {
  return `NOT jsonb_path_query_array_tz(${expression}, ?::text::jsonpath, '{}', true) <@ '[false, null]'`;
}

/** A jsonpath as PostgreSQL prints it. Throws {@link InvalidJsonPathError}, with PostgreSQL's message, for a text that is none. */
export async function canonicalJsonPath({ knex }: EventLog, path: string): Promise<string> {
  const sql = 'SELECT ?::text::jsonpath::text';
  const [row] = await withReadRetry(() => withJsonPathErrors(path, query<[string]>(knex, sql, [path])));
  return row?.[0] ?? '';
}

/** Throws {@link InvalidJsonPathError}, with PostgreSQL's message, when a text is not a jsonpath. */
export async function assertJsonPath(log: EventLog, path: string): Promise<void> {
  await canonicalJsonPath(log, path);
}

/**
 * Waits for a query that evaluates a jsonpath. Some faults, such as an undefined variable, show only when the path
 * meets a value; then it throws {@link InvalidJsonPathError}.
 */
export async function withJsonPathErrors<Answer>(path: string, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (!ABOUT_THE_TEXT.test(sqlState(error) ?? '') && !isUnsupportedInJsonPath(error)) throw error;
    throw new InvalidJsonPathError(`${JSON.stringify(path)} is not a jsonpath: ${driverMessage(error)}.`, {
      hint: `Write it like '$.amount > 100', '$.name == "Ada"' or '$.items[*] ? (@.price > 5)'; see PostgreSQL's manual, section 9.16.`,
      cause: error,
    });
  }
}
