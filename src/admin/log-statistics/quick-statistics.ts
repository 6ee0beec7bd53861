import { distinctValues } from '../../store/read/distinct-values.js';
import { traitsAt } from '../log/log-traits.js';
import type { Fragment } from '../../store/read/fragment.js';
import { assertCompleteLog } from '../log/complete-log.js';
import { type EventLog, type NonTransactionalLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { withinLimit } from '../log/within-limit.js';
import { positionAfter } from '../search-events/position-after.js';
import { logSize, type LogSize, type LogStatistics, logStatistics } from './log-statistics.js';
import { sampleOf } from './sample.js';

/** A number of things, as well as it is known. */
export interface KnownCount {
  readonly count: number;
  /** `about`: an estimate from a random sample. `least`: there may be more. */
  readonly known: 'exactly' | 'about' | 'least';
}

/** The numbers of a large log, as far as they are to be had from a bounded part of it. */
export interface BoundedStatistics {
  readonly events: KnownCount;
  readonly aggregates: KnownCount;
  readonly snapshots: KnownCount;
  readonly size: LogSize;
  /** The number of events that were looked at. */
  readonly sampled: number;
}

/** Bounds of {@link quickStatistics}. */
export interface QuickBounds {
  /** Largest number of events that are counted one by one. @defaultValue 200,000 */
  readonly events?: number;
  /** Longest time to count them on a server, in milliseconds. @defaultValue 1000 */
  readonly patience?: number;
  /** Number of the table's pages that are read, at random, where it is not counted. @defaultValue 2000 */
  readonly pages?: number;
  /** Number of aggregates up to which they are counted, by the index, where the events are not. @defaultValue 10,000 */
  readonly aggregates?: number;
}

/** Number of snapshots up to which they are counted where the events are not. */
const MOST_SNAPSHOTS = 100_000;
/** Number of events in a sample from which on it tells how many there are: fewer can all lie in one or two of its pages. */
const FEWEST_SAMPLED = 1000;

/**
 * The numbers of the whole log: counted, where that is quick; otherwise what a random sample of the table's pages tells of the events, and
 * the index of the aggregates, in a time that does not depend on the size of the log.
 */
export async function quickStatistics(
  log: NonTransactionalLog,
  { events = 200_000, patience = 1000, pages = 2000, aggregates = 10_000 }: QuickBounds = {},
): Promise<LogStatistics | BoundedStatistics> {
  await assertCompleteLog(log);
  // The index alone tells whether there are more.
  const isLarge = (await positionAfter(log, {}, events + 1)) !== undefined;
  const counted = isLarge ? undefined : await withinLimit(log, patience, (limited) => logStatistics(limited));
  return counted ?? (await bounded(log, { pages, aggregates, atLeast: isLarge ? events + 1 : 0 }));
}

interface SampleBounds {
  readonly pages: number;
  readonly aggregates: number;
  /** A number of events that there are. */
  readonly atLeast: number;
}

async function bounded(log: EventLog, { pages, aggregates, atLeast }: SampleBounds): Promise<BoundedStatistics> {
  const { log: events, snapshots } = tablesOf(log);
  const { sql, bindings, percent } = await sampleOf(log, pages);
  const sampled = await count(log, { sql: `SELECT 1 FROM ${events} ${sql}`, bindings });
  const ids = distinctValues({ table: events, column: 'aggregate_id', limit: aggregates }, await traitsAt(log));
  const some = { sql: `SELECT 1 FROM ${snapshots} LIMIT ?`, bindings: [MOST_SNAPSHOTS] };
  return {
    events: eventsIn(sampled, { percent, atLeast }),
    // Not from the sample: the first events of many aggregates can lie together, all of them in it or none.
    aggregates: upTo(aggregates, await count(log, ids)),
    snapshots: upTo(MOST_SNAPSHOTS, await count(log, some)),
    size: await logSize(log),
    sampled,
  };
}

function eventsIn(
  sampled: number,
  { percent, atLeast }: { readonly percent: number; readonly atLeast: number },
): KnownCount {
  if (percent === 100) return { count: sampled, known: 'exactly' };
  if (sampled < FEWEST_SAMPLED) return { count: Math.max(sampled, atLeast), known: 'least' };
  return { count: Math.max(Math.round((sampled * 100) / percent), atLeast), known: 'about' };
}

function upTo(most: number, counted: number): KnownCount {
  return { count: counted, known: counted < most ? 'exactly' : 'least' };
}

async function count(log: EventLog, { sql, bindings }: Fragment): Promise<number> {
  const [row] = await select<[string]>(log, `SELECT count(*)::text FROM (${sql}) AS counted`, bindings);
  return Number(row?.[0]);
}
