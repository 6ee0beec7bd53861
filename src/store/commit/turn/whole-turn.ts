import type { Knex } from 'knex';
import { MaestroError } from '../../../errors.js';
import { err, ok } from '../../../result.js';
import type { Answer } from '../../driver/driver.js';
import { driverOf } from '../../driver/driver-of.js';
import { execute } from '../../read/rows.js';
import type { CommandCommitResult, TakenTurn } from '../../store.js';
import type { CommitContext } from '../commit-context.js';
import { InsertConflictError } from '../insert-events.js';
import { diagnoseUniqueViolation } from '../unique-violation.js';
import { type WholeCommit, wholeCommit } from '../whole-commit.js';
import { writeAll } from '../write-all.js';
import { type AskedTurn, BACK_TO_MARK, decided, isTurnLost, MARK, MAX_DECISIONS, recoverInTurn } from './turn.js';
import { takeTurn, type TurnRow } from './turn-statement.js';

/** A turn with all that may be necessary: further reads, projections, other decisions after conflicts. `undefined` when it did not come. */
export async function wholeTurn<Row>(context: CommitContext, asked: AskedTurn<Row>): Promise<TakenTurn | undefined> {
  let waited: boolean | undefined;
  let sent: WholeCommit | undefined;
  const onSent = (commit: WholeCommit | undefined) => void (sent = commit);
  const work = async (transaction: Knex.Transaction, answers: Promise<Answer<unknown>[]>) => {
    onSent(undefined);
    const [turn, read] = (await answers) as [Answer<TurnRow>, Answer<Row>, unknown];
    waited = turn.rows[0]?.[0] === true;
    return { waited, result: await commitInside(transaction, context, asked, read.rows, onSent) };
  };
  const first = [takeTurn(context.schema, asked.aggregateId, asked.grace), asked.read, MARK];
  // Functions of the application may do more than SQL, so they run once.
  const options = { repeatable: asked.projections.functions.length === 0 };
  try {
    return await driverOf(context.knex).transactionAfter(first, work, options);
  } catch (error) {
    if (sent !== undefined) return { waited: waited === true, result: await recoverInTurn(context, sent, error) };
    if (isTurnLost(error) || (waited === undefined && !(error instanceof MaestroError))) return undefined;
    throw error;
  }
}

/** Decides and writes, again when another writer was faster; `onSent` is told of a commit before it is sent, and that it met a conflict. */
async function commitInside<Row>(
  transaction: Knex.Transaction,
  context: CommitContext,
  asked: AskedTurn<Row>,
  rows: readonly Row[],
  onSent: (commit: WholeCommit | undefined) => void,
): Promise<CommandCommitResult> {
  for (let decisions = 1; ; decisions += 1) {
    const content = await decided(asked, decisions === 1 ? rows : undefined, transaction);
    if (content === undefined) return ok([]);
    const commit = wholeCommit(content, asked.projections, false);
    onSent(commit);
    try {
      await writeAll(transaction, context, commit);
      return ok(commit.committed);
    } catch (error) {
      if (!(error instanceof InsertConflictError)) throw error;
      onSent(undefined);
      await execute(transaction, BACK_TO_MARK.statement.sql);
      const inside = { ...context, knex: transaction };
      const result = (await diagnoseUniqueViolation(inside, commit, error.cause)) ?? err('retry_command');
      const isRetried = !result.ok && result.error === 'retry_command';
      if (!isRetried || decisions === MAX_DECISIONS) return result;
    }
  }
}
