import { driverOf } from '../../store/driver/driver-of.js';
import { TELL_SETTINGS } from '../../store/layout/tell-settings.js';
import { execute, type Executor, query } from '../../store/read/rows.js';
import type { EventLog } from '../log/event-log.js';
import { traitsAt } from '../log/log-traits.js';

/** Methods of a jsonpath that read times, such as `datetime()` and `timestamp_tz()`, and a few other texts. */
const MAY_READ_TIMES = /date|time/;

/**
 * Does a query with a jsonpath where times without a zone are in the time zone of the session. A node of a cluster that evaluates the path
 * has a zone of its own, unless a transaction tells it another one.
 */
export async function inTimeZone<Answer>(
  log: EventLog,
  path: string | undefined,
  ask: (log: EventLog) => Promise<Answer>,
): Promise<Answer> {
  if (path === undefined || !MAY_READ_TIMES.test(path) || (await traitsAt(log)).settings === 'everywhere')
    return await ask(log);
  if (log.knex.isTransaction === true) return await tellingZone(log, log.knex, ask);
  return await driverOf(log.knex).transaction((transaction) => tellingZone(log, transaction, ask));
}

async function tellingZone<Answer>(
  log: EventLog,
  on: Executor,
  ask: (log: EventLog) => Promise<Answer>,
): Promise<Answer> {
  const [[zone] = ['']] = await query<[string]>(on, "SELECT quote_literal(current_setting('TimeZone'))");
  await execute(on, TELL_SETTINGS);
  await execute(on, `SET LOCAL TimeZone = ${zone}`);
  return await ask({ ...log, knex: on });
}
