import { CORRELATION_KEY } from '../../events.js';
import { Conditions } from '../../store/read/conditions.js';
import { metadataIndexes } from '../../store/migrate/metadata-index/read-indexes.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import type { TraceOptions } from './trace-events.js';

/** An estimate of what a trace has to read. */
export interface TraceEstimate {
  /** The index on correlation ids. Only a `valid` one helps. */
  readonly index: 'valid' | 'building' | 'invalid' | 'none';
  /** Events of the time asked for, as PostgreSQL estimates them: all are read when no index helps. */
  readonly events: number;
}

/** Estimates, without looking at an event, what {@link traceEvents} has to read. */
export async function estimateTrace(
  log: EventLog,
  { since, until }: Pick<TraceOptions, 'since' | 'until'> = {},
): Promise<TraceEstimate> {
  const found = (await metadataIndexes(log.knex, log)).find(({ key }) => key === CORRELATION_KEY);
  const where = new Conditions();
  where.between(since, until);
  const [row] = await select<[string]>(log, `EXPLAIN SELECT FROM ${tablesOf(log).log} ${where.sql}`, where.bindings);
  return { index: found?.state ?? 'none', events: Number(/rows=(\d+)/.exec(row?.[0] ?? '')?.[1] ?? 0) };
}
