import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { databaseTime } from '../log/database-time.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { verifyHistories } from './histories.js';
import { nothingVerified, type VerifyProgress } from './verify-progress.js';
import { verifyBodies } from './unreadable-bodies.js';
import { verifyPositions } from './positions.js';
import { verifySince } from './since.js';
import { verifySnapshots } from './snapshots.js';
import { verifyUniqueness } from './uniqueness.js';
import type { Violation } from './violations.js';
import { assertCompleteLog } from '../log/complete-log.js';

/** The part of a log to verify. */
export interface VerifyOptions {
  /** Only the events and the snapshot of this aggregate. @defaultValue the whole log */
  readonly aggregateId?: Timestamp | undefined;
  /**
   * Only events with a time of at least this, in milliseconds since 1970, each against its neighbours; and all
   * snapshots and positions.
   */
  readonly since?: number | undefined;
  /**
   * Approximate number of events that the database reads and sorts in one statement.
   * @defaultValue 500000, or 20000 with `since`, where each needs a search for its neighbours
   */
  readonly pageEvents?: number | undefined;
  /** Called with the numbers of what has been checked so far; the last time when everything is. */
  readonly onProgress?: ((checked: VerifyProgress) => void) | undefined;
}

/**
 * Finds everything that cannot be in a sound log, see {@link Violation}: faults of events by aggregate and sequence, then
 * timestamps that events share, then snapshots, then positions of projections, then bodies that the other reader cannot read. The database checks the part
 * of the log that the options name, page by page; only violations are transferred. Events that are committed meanwhile may
 * be checked or not.
 */
export async function* verifyLog(log: EventLog, options: VerifyOptions = {}): AsyncGenerator<Violation> {
  await assertCompleteLog(log);
  const latestAllowed = (await databaseTime(log)) + DEFAULT_MAX_DRIFT;
  const checked: { -readonly [Name in keyof VerifyProgress]: number } = nothingVerified();
  const report = (more: Partial<VerifyProgress>) => {
    for (const name of Object.keys(more) as (keyof VerifyProgress)[])
      checked[name] = (checked[name] ?? 0) + (more[name] ?? 0);
    options.onProgress?.({ ...checked });
  };
  const { aggregateId, since, pageEvents = since === undefined ? 500_000 : 20_000 } = options;
  if (since === undefined) yield* verifyHistories(log, { aggregateId, latestAllowed, pageEvents, report });
  else yield* verifySince(log, { aggregateId, since, latestAllowed, pageEvents, report });
  yield* verifyUniqueness(log, { aggregateId, since, pageEvents, report });
  yield* verifySnapshots(log, aggregateId, report);
  yield* verifyPositions(log, aggregateId, report);
  yield* verifyBodies(log, aggregateId, since);
}

/** True when the tables hold any event or snapshot with this aggregate id, however wrong it is. */
export async function isAggregateStored(log: EventLog, id: Timestamp): Promise<boolean> {
  const { log: events, snapshots } = tablesOf(log);
  const of = (table: string) => `EXISTS (SELECT FROM ${table} WHERE aggregate_id = ?)`;
  const [row] = await select<[boolean]>(log, `SELECT ${of(events)} OR ${of(snapshots)}`, [id.encode(), id.encode()]);
  return row?.[0] === true;
}
