import type { EventLog } from '../../admin/log/event-log.js';
import { aggregateIds, sampleOfIds } from '../../admin/log/aggregate-ids.js';
import { storedSnapshots } from '../../admin/log/stored-snapshots.js';
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

/** The aggregates to check, and their snapshots: from one stream each, or for a sample with one query for each snapshot. */
export async function aggregatesToCheck(
  log: EventLog,
  store: PostgresStore,
  { sample, snapshots }: CheckedPart,
): Promise<Pick<Check, 'ids' | 'complete' | 'snapshotOf'>> {
  const complete = sample === undefined;
  const snapshotOf: Check['snapshotOf'] = complete
    ? snapshotsInOrder(storedSnapshots(log))
    : (id) => store.getStoredSnapshot(id, 0);
  return {
    ids: complete ? aggregateIds(log) : await sampleOfIds(log, sample),
    complete,
    ...(snapshots ? { snapshotOf } : {}),
  };
}
