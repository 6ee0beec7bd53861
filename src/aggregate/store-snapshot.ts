import type { History, Moment } from './history.js';
import { snapshotBody } from './snapshot-codec.js';
import type { Store } from '../store/store.js';

/** Stores a state as the snapshot of its aggregate; `stale` when the stored one is as new. */
export async function storeSnapshot(
  { definition, id }: Pick<History, 'definition' | 'id'>,
  store: Pick<Store, 'commitSnapshot'>,
  { sequence, state }: Moment,
): Promise<'committed' | 'stale'> {
  const about = { aggregateId: id, sequence };
  return await store.commitSnapshot({ ...about, body: snapshotBody(definition, state, about) });
}
