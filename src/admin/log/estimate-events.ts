import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from './event-log.js';
import { select } from './select.js';

/** From so many events on, reading them all takes long enough to say so. */
export const MANY_EVENTS = 200_000;

/** The number of events between two times (milliseconds since 1970, both inclusive), as PostgreSQL estimates it without looking. */
export async function estimateEvents(
  log: EventLog,
  { since, until }: { readonly since?: number | undefined; readonly until?: number | undefined },
): Promise<number> {
  const where = new Conditions();
  where.between(since, until);
  const plan = await select<[string]>(log, `EXPLAIN SELECT FROM ${tablesOf(log).log} ${where.sql}`, where.bindings);
  return rowsOf(plan.map(([line]) => line).join('\n'));
}

/** The rows that a plan gives. A cluster shows the plan of one of its tasks, and knows of the rows of all only how many tasks there are. */
export function rowsOf(plan: string): number {
  const [all = 0, ofTask = 0] = [...plan.matchAll(/ rows=(\d+)/g)].map(([, rows]) => Number(rows));
  const [, tasks] = /^ *Task Count: (\d+)$/m.exec(plan) ?? [];
  return tasks === undefined ? all : ofTask * Number(tasks);
}
