import { setTimeout as delay } from 'node:timers/promises';
import { eventRef } from '../../events.js';
import { err } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import {
  driverMessage,
  isConnectionLost,
  isPanic,
  isRefusedCopy,
  isUnreachable,
  sqlState,
} from '../driver/driver-error.js';
import { ConnectionLostError, OutcomeUnknownError } from '../errors.js';
import { insertEvents, InsertConflictError } from './insert-events.js';
import { setLockTimeout } from '../layout/lock-timeout.js';
import type { CommandCommitResult } from '../store.js';
import type { CommitContent } from './commit-content.js';
import { diagnoseUniqueViolation, isStored } from './unique-violation.js';
import { CommitInterruptedError } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';

/** Longest wait of one attempt for the transaction of the lost connection to end, in milliseconds. */
const LOCK_TIMEOUT = 5_000;

/** Thrown to roll back a probe; caught in this file. */
class ProbeDone extends Error {}

/**
 * Finds the outcome of a commit whose connection broke: `undefined` when the events are committed, `repeated_command` or
 * `retry_command` when they are not and their command was carried out before or a sequence is taken.
 *
 * A read alone could come too early: the server may still be working on what it received. Inserting the same rows on a
 * new connection cannot, since the unique index makes it wait for the old transaction to end. Timestamps are unique, so
 * either the rows go in (they were not there), or they meet themselves (they were).
 * - `again`, for a single statement: the insert is kept, so the commit succeeds after all.
 * - `probe`, for a transaction with projections: the insert is rolled back, and the commit fails with
 *   {@link ConnectionLostError}, since projections are not run twice without the caller's knowledge.
 *
 * A server that crashed by itself (the disk of its WAL is full, say) has ended all transactions before it answers
 * again, so there a read is enough, and writing the same rows again would crash it again.
 *
 * Throws {@link OutcomeUnknownError} when no connection answers within the context's recovery timeout.
 */
export async function recoverCommit(
  context: CommitContext,
  content: CommitContent,
  mode: 'again' | 'probe',
  lost: unknown,
): Promise<CommandCommitResult | undefined> {
  const deadline = Date.now() + context.recoveryTimeout;
  for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
    try {
      return await (isPanic(lost)
        ? readOnce(context, content, lost)
        : insertOnce(context, content, mode, lost, deadline));
    } catch (error) {
      if (error instanceof ConnectionLostError) throw error;
      if (!isWorthRetrying(error) || Date.now() + wait > deadline)
        throw outcomeUnknown(content, isWorthRetrying(error) ? lost : error, lost);
      await delay(wait * (0.5 + Math.random()));
    }
  }
}

async function insertOnce(
  context: CommitContext,
  content: CommitContent,
  mode: 'again' | 'probe',
  lost: unknown,
  deadline: number,
): Promise<CommandCommitResult | undefined> {
  try {
    await driverOf(context.knex).transaction(async (transaction) => {
      await setLockTimeout(transaction, context.schema, Math.max(1, Math.min(LOCK_TIMEOUT, deadline - Date.now())));
      await insertEvents(transaction, context, content.events, content.command);
      if (mode === 'probe') throw new ProbeDone();
    });
    return undefined;
  } catch (error) {
    if (error instanceof ProbeDone) throw notCommitted(lost);
    if (!(error instanceof InsertConflictError)) throw error;
    if (await isStored(context, content)) return undefined;
    const isCertain = !isRefusedCopy(error.cause);
    if (mode === 'probe' && isCertain) throw notCommitted(lost);
    const answer = await diagnoseUniqueViolation(context, content, error.cause);
    // The wait for the old transaction may have been what ended.
    if (answer === undefined && !isCertain) throw error.cause;
    if (mode === 'probe') throw notCommitted(lost);
    return answer ?? err('retry_command');
  }
}

async function readOnce(context: CommitContext, content: CommitContent, lost: unknown): Promise<undefined> {
  if (!(await isStored(context, content))) throw notCommitted(lost);
}

/**
 * True for errors after which another attempt makes sense: the server may come back, or the old transaction may end.
 */
function isWorthRetrying(error: unknown): boolean {
  const interrupted = error instanceof CommitInterruptedError || isConnectionLost(error);
  return interrupted || isUnreachable(error) || sqlState(error) === '55P03' || isRefusedCopy(error);
}

function outcomeUnknown({ events, command }: CommitContent, cause: unknown, lost: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(
    events.map(({ event }) => eventRef(event)),
    cause,
    driverMessage(lost),
    command?.commandId,
  );
}

function notCommitted(lost: unknown): ConnectionLostError {
  return new ConnectionLostError(
    `The connection broke during the commit (${driverMessage(lost)}); nothing was committed.`,
    {
      hint: 'Try again when the server is back.',
      cause: lost,
    },
  );
}
