import { err, ok } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import { recoverCommit } from './commit-recovery.js';
import { isConnectionLost, isRefusedCopy, isUniqueViolation, sqlState } from '../driver/driver-error.js';
import { isReplacedShard } from '../driver/node-failure.js';
import { storeError } from '../failures/database-errors.js';
import { forgetLayout } from '../layout/read-layout.js';
import { insertEvents, InsertConflictError } from './insert-events.js';
import { insertInsideTransaction, resolveFailureInside } from './inside-transaction.js';
import { NO_PROJECTIONS } from './positioned-projection.js';
import { isSmall, prepareProjections, type WholeCommit, wholeCommit } from './whole-commit.js';
import { writeInTransaction } from './write-all.js';
import type { CommandCommitResult } from '../store.js';
import type { CommitContent } from './commit-content.js';
import { diagnoseUniqueViolation, unexplainedUniqueViolation } from './unique-violation.js';
import { CommitInterruptedError } from '../driver/driver.js';

const MAX_ATTEMPTS = 3;

/** One commit, prepared. */
interface Commit extends WholeCommit {
  /** A single statement is atomic by itself and costs one round trip; everything else needs a transaction. */
  readonly isOneStatement: boolean;
}

/**
 * Commits valid events and the command that they belong to; without a command at least one event. `repeated_command` when
 * it was carried out before, `retry_command` when one of the sequences is taken.
 */
export async function commitContent(
  context: CommitContext,
  { events, command }: CommitContent,
  projections = NO_PROJECTIONS,
): Promise<CommandCommitResult> {
  const isInside = context.knex.isTransaction === true;
  const whole = wholeCommit({ events, command }, projections, isInside);
  const commit = { ...whole, isOneStatement: !isInside && isSmall(context, whole) };
  try {
    // The conflicting event may be gone again when it is looked for (erased, say), or its transaction, in a deadlock with
    // this one, may not have ended yet: then another attempt decides.
    let refusal: unknown;
    await prepareProjections(context, projections);
    for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts += 1) {
      const answer = await attempt(context, commit);
      if (!(answer instanceof InsertConflictError)) return answer;
      refusal = answer.cause;
    }
    if (isUniqueViolation(refusal)) throw unexplainedUniqueViolation(refusal, MAX_ATTEMPTS);
    if (isRefusedCopy(refusal) || isReplacedShard(refusal)) throw refusal;
    // A deadlock, or a conflict of serializable transactions: it passes, and the caller should decide again on the
    // newer events.
    return err('retry_command');
  } catch (error) {
    if (PERHAPS_SPREAD.has(sqlState(error) ?? '')) forgetLayout(context.knex, context.schema);
    throw storeError(error);
  }
}

/** Codes with which a Citus cluster refuses a statement of another layout, since the tables were spread. */
const PERHAPS_SPREAD = new Set(['0A000', '42P01', '42601', 'XX000']);

/**
 * One attempt: the result; or the conflict, when none of the events is visible in the log and another attempt may
 * succeed.
 */
async function attempt(context: CommitContext, commit: Commit): Promise<CommandCommitResult | InsertConflictError> {
  const { committed } = commit;
  try {
    await write(context, commit);
    return ok(committed);
  } catch (error) {
    if (commit.isInside) return await resolveFailureInside(context, commit, error);
    if (error instanceof InsertConflictError)
      return (await diagnoseUniqueViolation(context, commit, error.cause)) ?? error;
    if (error instanceof CommitInterruptedError)
      return (await recoverCommit(context, commit, 'probe', error.cause)) ?? ok(committed);
    if (commit.isOneStatement && isConnectionLost(error))
      return (await recoverCommit(context, commit, 'again', error)) ?? ok(committed);
    throw error;
  }
}

async function write(context: CommitContext, commit: Commit): Promise<void> {
  const { knex } = context;
  if (commit.isInside) return await insertInsideTransaction(context, commit);
  if (commit.isOneStatement) return await insertEvents(knex, context, commit.events, commit.command);
  await writeInTransaction(context, commit);
}
