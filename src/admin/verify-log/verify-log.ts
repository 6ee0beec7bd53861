import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { databaseTime } from '../log/database-time.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { verifyHistories } from './histories.js';
import type { VerifyProgress } from './verify-progress.js';
import { verifyReadable } from './readable.js';
import { verifySince } from './since.js';
import { verifySnapshots } from './snapshots.js';
import { verifyUniqueness } from './uniqueness.js';
import type { Violation } from './violations.js';
import { assertCompleteLog } from '../log/complete-log.js';

/** What of a log to verify. */
export interface VerifyOptions {
  /** Only this aggregate, and its snapshot. @defaultValue the whole log */
  readonly aggregateId?: Timestamp | undefined;
  /** Only events whose time is at least this, in milliseconds since 1970, beside their neighbours; all snapshots. */
  readonly since?: number | undefined;
  /**
   * About how many events the database looks at in one statement, and sorts.
   * @defaultValue 500000, or 20000 with `since`, where each needs a look for its neighbours
   */
  readonly pageEvents?: number | undefined;
  /** Told what has been checked so far; the last time when all is checked. */
  readonly onProgress?: ((checked: VerifyProgress) => void) | undefined;
}

/**
 * Looks for what cannot be in a sound log, one violation after the other, by aggregate and sequence, then snapshots:
 * see {@link Violation}. The whole log is read, in the database and page by page; only violations come here. Events that
 * commit meanwhile may be looked at or not.
 */
export async function* verifyLog(log: EventLog, options: VerifyOptions = {}): AsyncGenerator<Violation> {
  await assertCompleteLog(log);
  const future = (await databaseTime(log)) + DEFAULT_MAX_DRIFT;
  const checked = { events: 0, aggregates: 0, snapshots: 0 };
  const report = (more: Partial<VerifyProgress>) => {
    for (const [name, count] of Object.entries(more)) checked[name as keyof VerifyProgress] += count;
    options.onProgress?.({ ...checked });
  };
  const { aggregateId, since, pageEvents = since === undefined ? 500_000 : 20_000 } = options;
  if (since === undefined) yield* verifyHistories(log, { aggregateId, future, pageEvents, report });
  else yield* verifySince(log, { aggregateId, since, future, pageEvents, report });
  yield* verifyUniqueness(log, { aggregateId, since, pageEvents });
  yield* verifySnapshots(log, aggregateId, report);
  yield* verifyReadable(log, aggregateId, since);
}

/** Whether there is anything of an aggregate: an event or a snapshot, however wrong it is. */
export async function isStored(log: EventLog, id: Timestamp): Promise<boolean> {
  const { log: events, snapshots } = tablesOf(log);
  const of = (table: string) => `EXISTS (SELECT FROM ${table} WHERE aggregate_id = ?)`;
  const [row] = await select<[boolean]>(log, `SELECT ${of(events)} OR ${of(snapshots)}`, [id.encode(), id.encode()]);
  return row?.[0] === true;
}
