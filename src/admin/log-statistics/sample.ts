import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { tableSize } from '../log/table-sizes.js';

/** A random sample of the pages of the event log, the same one each time as long as the table does not grow. */
export interface LogSample {
  /** SQL for behind the name of the table. */
  readonly sql: string;
  readonly bindings: readonly number[];
  /** The share of the pages that is read, in percent; 100 when there are no more. */
  readonly percent: number;
}

/** A sample of about so many pages. */
export async function sampleOf(log: EventLog, pages: number): Promise<LogSample> {
  const percent = Math.min(100, (100 * pages) / (await pagesOf(log)));
  return { sql: 'TABLESAMPLE SYSTEM (?::real) REPEATABLE (1)', bindings: [percent], percent };
}

/** The number of pages of the tables that hold the events. */
async function pagesOf(log: EventLog): Promise<number> {
  const { rows } = await tableSize(log, tablesOf(log).log);
  const [[page] = ['']] = await select<[string]>(log, "SELECT current_setting('block_size')");
  return Math.max(1, Math.ceil(rows / Number(page)));
}
