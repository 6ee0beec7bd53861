import type { Knex } from 'knex';
import type { CommittedEvent } from '../../events.js';
import type { CommitContext } from './commit-context.js';
import { insertMoving, type MovingCommit } from './insert-moving.js';
import { insertParts } from './insert-events.js';
import type { CommitProjections } from './positioned-projection.js';
import { runPositioned } from './run-positioned.js';
import { assertProjected, runProjections } from './run-projections.js';

/** A commit with all that belongs to its transaction. */
export interface WholeCommit extends MovingCommit {
  /** The events as the store returns them: by sequence. */
  readonly committed: CommittedEvent[];
  readonly projections: CommitProjections;
}

/**
 * Writes all of a commit in a transaction: events and command, and then what projections make of them, first those that have positions.
 * `onInserted` is called between the two. Throws `InsertConflictError` and `ProjectionError`.
 */
export async function writeAll(
  transaction: Knex.Transaction,
  context: CommitContext,
  commit: WholeCommit,
  onInserted: () => void = () => {},
): Promise<void> {
  const { functions, positioned } = commit.projections;
  const { events, parts, command, committed } = commit;
  if (positioned.length === 0) await insertParts(transaction, context, parts, command);
  const moved = positioned.length === 0 ? undefined : await insertMoving(transaction, context, commit, positioned);
  onInserted();
  if (moved !== undefined) await runPositioned(transaction, context, events, positioned, moved);
  await runProjections(transaction, committed, functions);
  if (moved !== undefined && functions.length === 0) await assertProjected(transaction, committed);
}
