import { isFoldingError } from '../../aggregate/errors.js';
import type { StateAt } from '../../aggregate/state-at.js';
import type { Definition } from '../../aggregate/definition/definition.js';
import { compareSnapshot } from '../../aggregate/snapshot/verify-snapshot.js';
import type { StoredSnapshot } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { wrongSnapshotText } from '../wrong-snapshot-text.js';

/** Gives the stored snapshot of an aggregate, if there is one. */
export type SnapshotOf = (id: Timestamp) => Promise<StoredSnapshot | undefined>;

/** Gives snapshots from a stream that is in the order of ids; must be called in that order. */
export function snapshotsInOrder(snapshots: AsyncIterable<StoredSnapshot>): SnapshotOf {
  const iterator = snapshots[Symbol.asyncIterator]();
  let next: IteratorResult<StoredSnapshot, unknown> | undefined;
  return async (id) => {
    next ??= await iterator.next();
    while (!next.done && next.value.aggregateId.hex < id.hex) next = await iterator.next();
    return !next.done && next.value.aggregateId.hex === id.hex ? next.value : undefined;
  };
}

/** The problem with a snapshot, compared with the state at its sequence or the last state; `undefined` when there is none. */
export async function snapshotProblem(
  definition: Definition,
  stored: StoredSnapshot,
  at: Pick<StateAt, 'state' | 'sequence'>,
  store: Pick<PostgresStore, 'getStoredSnapshot'>,
): Promise<string | undefined> {
  const message = problemOf(definition, stored, at);
  if (message === undefined) return undefined;
  // It was read before the events, and may have been replaced or erased since.
  const now = await store.getStoredSnapshot(stored.aggregateId, 0);
  return now?.sequence === stored.sequence && now.body === stored.body ? message : undefined;
}

function problemOf(
  definition: Definition,
  stored: StoredSnapshot,
  at: Pick<StateAt, 'state' | 'sequence'>,
): string | undefined {
  try {
    const verdict = compareSnapshot(definition, stored, at);
    return verdict.kind === 'different' || verdict.kind === 'ahead' ? wrongSnapshotText(verdict, stored) : undefined;
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    return error.message;
  }
}
