import type { Store } from '../../store/store.js';
import { encodeSnapshot } from '../../store/commit/validate.js';
import type { History } from '../history.js';
import type { StateAt } from '../state-at.js';
import { assertRoundTrip } from './assert-round-trip.js';
import { snapshotBody } from './snapshot-codec.js';

/**
 * Stores a state as the snapshot of its aggregate; `stale` when the stored one is as new. Throws `SnapshotLossError`
 * for a state that does not survive the round trip, `InvalidSnapshotError` for one that is not JSON, and
 * `HandlerError`; then nothing is stored.
 */
export async function storeSnapshot(
  { definition, id }: Pick<History, 'definition' | 'id'>,
  store: Pick<Store, 'commitSnapshot'>,
  { sequence, state }: StateAt,
): Promise<'committed' | 'stale'> {
  const about = { aggregateId: id, sequence };
  const snapshot = { ...about, body: snapshotBody(definition, state, about) };
  assertRoundTrip(definition, state, { ...about, body: encodeSnapshot(snapshot) });
  return await store.commitSnapshot(snapshot);
}
