import type { EventLog } from './event-log.js';
import { select } from './select.js';

/** True when the database would take writes on the connection of a log, as far as the role may write. */
export async function canWrite(log: EventLog): Promise<boolean> {
  const [row] = await select<[string]>(log, `SELECT current_setting('transaction_read_only')`);
  return row?.[0] !== 'on';
}
