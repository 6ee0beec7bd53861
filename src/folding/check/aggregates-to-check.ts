import type { EventLog } from '../../admin/log/event-log.js';
import { sampleOfIds } from '../../admin/log/aggregate-ids.js';
import { type StoredHistory, storedHistories } from '../../admin/log/stored-histories.js';
import { storedSnapshots } from '../../admin/log/stored-snapshots.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import type { Check } from './check-aggregates.js';
import { snapshotsInOrder } from './check-snapshot.js';

/** Options of {@link aggregatesToCheck}. */
export interface CheckedPart {
  /** Only this many aggregates, chosen at random. @defaultValue all */
  readonly sample: number | undefined;
  /** Compare the stored snapshots, too. */
  readonly snapshots: boolean;
}

/**
 * The histories to check, and their snapshots: all from one walk along the log and one stream, or those of a sample with queries
 * for each.
 */
export async function aggregatesToCheck(
  log: EventLog,
  store: PostgresStore,
  { sample, snapshots }: CheckedPart,
): Promise<Pick<Check, 'histories' | 'complete' | 'snapshotOf'>> {
  const complete = sample === undefined;
  const snapshotOf: Check['snapshotOf'] = complete
    ? snapshotsInOrder(storedSnapshots(log))
    : (id) => store.getStoredSnapshot(id, 0);
  return {
    histories: complete ? storedHistories(log) : historiesOf(store, await sampleOfIds(log, sample)),
    complete,
    ...(snapshots ? { snapshotOf } : {}),
  };
}

function* historiesOf(store: PostgresStore, ids: readonly Timestamp[]): Generator<StoredHistory> {
  for (const aggregateId of ids) yield { aggregateId, events: store.streamStoredEvents(aggregateId, 1) };
}
