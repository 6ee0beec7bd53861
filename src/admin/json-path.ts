import { MaestroError } from '../errors.js';
import { driverMessage, sqlState } from '../store/database-errors.js';
import { query } from '../store/rows.js';
import { reading } from '../store/reading.js';
import type { EventLog } from './event-log.js';

/** A text is not a path of PostgreSQL's jsonpath language. */
export class InvalidJsonPathError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_JSON_PATH';
}

/** Classes of PostgreSQL's errors about what was written: data exceptions, and syntax errors. */
const ABOUT_THE_TEXT = /^(22|42)/;

/**
 * SQL with one binding, a jsonpath: whether it holds for a `jsonb` expression, which is when it selects something other
 * than `false` and `null`. So a predicate (`$.amount > 5`) and a filter (`$.items[*] ? (@.price > 5)`) mean what they say.
 */
export function holds(expression: string): string {
  return `EXISTS (SELECT FROM jsonb_path_query(${expression}, ?::text::jsonpath, '{}', true) AS item
WHERE item NOT IN ('false', 'null'))`;
}

/** Throws {@link InvalidJsonPathError}, with PostgreSQL's own words, when a text is not a jsonpath. */
export async function assertJsonPath({ knex }: EventLog, path: string): Promise<void> {
  await reading(async () => {
    try {
      await query(knex, 'SELECT ?::text::jsonpath', [path]);
    } catch (error) {
      if (!ABOUT_THE_TEXT.test(sqlState(error) ?? '')) throw error;
      throw new InvalidJsonPathError(`${JSON.stringify(path)} is not a jsonpath: ${driverMessage(error)}.`, {
        hint: "Write it like '$.amount > 100' or '$.items[*] ? (@.price > 5)'; see PostgreSQL's manual, section 9.16.",
        cause: error,
      });
    }
  });
}
