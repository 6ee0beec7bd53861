import { ok } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import { commitContent } from './commit-events.js';
import { recoverCommit } from './commit-recovery.js';
import { isConnectionLost } from '../driver/driver-error.js';
import { isNodeUnreachable } from '../driver/node-failure.js';
import { storeError } from '../failures/database-errors.js';
import { DatabaseUnreachableError, WriteMismatchError } from '../errors.js';
import { withReadRetry } from '../read/read-retry.js';
import type { CommandCommitResult } from '../store.js';
import type { CommitContent } from './commit-content.js';
import { isStored } from './unique-violation.js';
import { committedEvents } from './validate.js';

/**
 * The result of one of the commits that shared a failed statement:
 * - no connection could be made, or none to a node of a cluster, so nothing was sent: it fails, as it would by itself;
 * - the connection broke, so the statement took effect as a whole or not at all: the outcome is found, or the commit is
 *   sent again;
 * - rows were dropped, by a rule or trigger on the table: the rows of this commit may be stored all the same;
 * - any other error undid the whole statement, perhaps because of another commit: this one is sent by itself.
 */
export async function resolveFailedGroup(
  context: CommitContext,
  content: CommitContent,
  failure: unknown,
): Promise<CommandCommitResult> {
  if (failure instanceof DatabaseUnreachableError || isNodeUnreachable(failure)) throw storeError(failure);
  if (failure instanceof WriteMismatchError) return await requireStored(context, content);
  if (!isConnectionLost(failure)) return await commitContent(context, content);
  try {
    return (await recoverCommit(context, content, 'again', failure)) ?? ok(committedEvents(content.events));
  } catch (error) {
    throw storeError(error);
  }
}

async function requireStored(context: CommitContext, content: CommitContent): Promise<CommandCommitResult> {
  const { events } = content;
  if (await withReadRetry(() => isStored(context, content))) return ok(committedEvents(events));
  throw new WriteMismatchError(`PostgreSQL did not store all of ${events.length} events.`, {
    hint: 'Look for a trigger, rule or policy on event_log that drops rows.',
  });
}
