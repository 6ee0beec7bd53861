import { DatabaseTimeoutError } from '../../store/errors.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { execute } from '../../store/read/rows.js';
import { assertCompleteLog } from '../log/complete-log.js';
import { type EventLog, type NonTransactionalLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { positionAfter } from '../search-events/position-after.js';
import { logSize, type LogSize, type LogStatistics, logStatistics } from './log-statistics.js';
import { sampleOf } from './sample.js';

/** The numbers of a large log, from a part of it. */
export interface EstimatedStatistics {
  /** Estimates. */
  readonly events: number;
  readonly aggregates: number;
  /** At most {@link MOST_SNAPSHOTS}; where there are that many, there may be more. */
  readonly snapshots: number;
  readonly size: LogSize;
  /** The number of events that the estimates rest on. */
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
}

/** Number of snapshots up to which they are counted for an estimate. */
export const MOST_SNAPSHOTS = 100_000;

/**
 * The numbers of the whole log: counted, where that is quick; otherwise estimated from a random sample of the table's pages, in a time
 * that does not depend on its size.
 */
export async function quickStatistics(
  log: NonTransactionalLog,
  { events = 200_000, patience = 1000, pages = 2000 }: QuickBounds = {},
): Promise<LogStatistics | EstimatedStatistics> {
  await assertCompleteLog(log);
  // The index alone tells whether there are more.
  const isLarge = (await positionAfter(log, {}, events + 1)) !== undefined;
  return (isLarge ? undefined : await countedWithin(log, patience)) ?? (await estimated(log, pages));
}

/** The exact numbers; `undefined` when counting takes longer. */
async function countedWithin(log: NonTransactionalLog, patience: number): Promise<LogStatistics | undefined> {
  try {
    return await driverOf(log.knex).transaction(async (transaction) => {
      await execute(transaction, `SET LOCAL statement_timeout = ${patience}`);
      return await logStatistics({ ...log, knex: transaction });
    });
  } catch (error) {
    if (error instanceof DatabaseTimeoutError) return undefined;
    throw error;
  }
}

async function estimated(log: EventLog, pages: number): Promise<EstimatedStatistics> {
  const { log: events, snapshots } = tablesOf(log);
  const sample = await sampleOf(log, pages);
  // Each aggregate has one event with which it begins.
  const sql = `SELECT count(*)::text, count(*) FILTER (WHERE sequence = 1)::text,
  (SELECT count(*) FROM (SELECT FROM ${snapshots} LIMIT ${MOST_SNAPSHOTS}) AS kept)::text FROM ${events} ${sample.sql}`;
  const [row] = await select<[string, string, string]>(log, sql, sample.bindings);
  const [sampled, first, kept] = (row ?? []).map(Number);
  const whole = (count = 0) => Math.round((count * 100) / sample.percent);
  return {
    events: whole(sampled),
    aggregates: whole(first),
    snapshots: kept ?? 0,
    size: await logSize(log),
    sampled: sampled ?? 0,
  };
}
