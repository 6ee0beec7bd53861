import { ok } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import { commitEncoded } from './commit-events.js';
import { recoverCommit } from './commit-recovery.js';
import { isConnectionLost } from '../driver/driver-error.js';
import { storeError } from '../failures/database-errors.js';
import { DatabaseUnreachableError, WriteMismatchError } from '../errors.js';
import { withReadRetry } from '../read/read-retry.js';
import type { CommitResult } from '../store.js';
import { isStored } from './unique-violation.js';
import { committedEvents, type EncodedEvent } from './validate.js';

/**
 * What becomes of one of the commits that were sent together, in a statement that failed:
 * - no connection could be made, so nothing was sent: it fails, as it would by itself;
 * - the connection broke, so the statement took effect or did not, as a whole: it is found out, or tried once more;
 * - rows were dropped, by a rule or trigger on the table: those of this commit may be there all the same;
 * - anything else undid the statement, for the sake of one of them perhaps: this one is sent by itself.
 */
export async function resolveFailedGroup(
  context: CommitContext,
  events: readonly EncodedEvent[],
  failure: unknown,
): Promise<CommitResult> {
  if (failure instanceof DatabaseUnreachableError) throw failure;
  if (failure instanceof WriteMismatchError) return await requireStored(context, events);
  if (!isConnectionLost(failure)) return await commitEncoded(context, events, []);
  try {
    return (await recoverCommit(context, events, 'again', failure)) ?? ok(committedEvents(events));
  } catch (error) {
    throw storeError(error);
  }
}

async function requireStored(context: CommitContext, events: readonly EncodedEvent[]): Promise<CommitResult> {
  if (await withReadRetry(() => isStored(context, events))) return ok(committedEvents(events));
  throw new WriteMismatchError(`PostgreSQL did not store all of ${events.length} events.`, {
    hint: 'Look for a trigger, rule or policy on event_log that drops rows.',
  });
}
