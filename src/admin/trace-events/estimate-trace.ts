import { CORRELATION_KEY } from '../../events.js';
import { type IndexState, metadataIndexes } from '../../store/migrate/log-index/read-indexes.js';
import { estimateEvents } from '../log/estimate-events.js';
import type { EventLog } from '../log/event-log.js';
import type { TraceOptions } from './trace-events.js';

/** An estimate of what a trace has to read. */
export interface TraceEstimate {
  /** The index on correlation ids. Only a `valid` one helps. */
  readonly index: IndexState['state'] | 'none';
  /** Events of the time asked for, as PostgreSQL estimates them: all are read when no index helps. */
  readonly events: number;
}

/** Estimates, without looking at an event, what {@link traceEvents} has to read. */
export async function estimateTrace(
  log: EventLog,
  time: Pick<TraceOptions, 'since' | 'until'> = {},
): Promise<TraceEstimate> {
  const found = (await metadataIndexes(log.knex, log)).find(({ key }) => key === CORRELATION_KEY);
  return { index: found?.state ?? 'none', events: await estimateEvents(log, time) };
}
