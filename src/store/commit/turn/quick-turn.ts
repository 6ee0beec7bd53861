import { MaestroError } from '../../../errors.js';
import { ok } from '../../../result.js';
import type { Answer, BoundStatement, Connection } from '../../driver/driver.js';
import { isConnectionLost, isUnknownStatement } from '../../driver/driver-error.js';
import { driverOf } from '../../driver/driver-of.js';
import { preparedStatement } from '../../driver/statement.js';
import type { TakenTurn } from '../../store.js';
import type { CommitContext } from '../commit-context.js';
import { formFor } from '../forms/form-for.js';
import { assertInserted, insertError, InsertConflictError } from '../insert-events.js';
import { isSmall, type WholeCommit, wholeCommit } from '../whole-commit.js';
import { takeTurn, type TurnRow } from './turn-statement.js';
import {
  type AskedTurn,
  BACK_TO_MARK,
  DecisionError,
  decided,
  isTurnLost,
  MARK,
  MAX_DECISIONS,
  MoreToReadError,
  recoverInTurn,
} from './turn.js';

const BEGIN: BoundStatement = {
  statement: preparedStatement('BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED'),
  bindings: [],
};
const COMMIT: BoundStatement = { statement: preparedStatement('COMMIT'), bindings: [] };
const ROLLBACK = { sql: 'ROLLBACK' };

/**
 * A turn of two round trips: one waits and reads, the other commits; two more for each time that somebody was faster without a turn. `undefined`
 * when the turn did not come. `more` when this does not do: a long read, a large commit, a conflict that is not about a sequence, or a connection
 * that cannot; then nothing was committed.
 */
export async function quickTurn<Row>(
  context: CommitContext,
  asked: AskedTurn<Row>,
): Promise<TakenTurn | 'more' | undefined> {
  const { schema, knex } = context;
  let waited: boolean | undefined;
  let sent: WholeCommit | undefined;

  /** Decides and commits, again when that met events that are newer than what was read. */
  const work = async (connection: Connection, sendTogether: NonNullable<Connection['sendTogether']>) => {
    const first = [BEGIN, takeTurn(schema, asked.aggregateId, asked.grace), asked.read, MARK];
    const answers = (await sendTogether(first)) as [unknown, Answer<TurnRow>, Answer<Row>, unknown];
    let { rows } = answers[2];
    waited = answers[1].rows[0]?.[0] === true;
    for (let decisions = 1; ; decisions += 1) {
      const content = await decided(asked, rows);
      const commit = content && wholeCommit(content, asked.projections, false);
      if (commit === undefined || commit.events.length === 0 || !isSmall(context, commit)) {
        await connection.send(ROLLBACK);
        return commit === undefined ? { waited, result: ok([]) } : 'more';
      }
      const { events, command, committed } = commit;
      const insert = (await formFor(knex, schema, commit)).insert(events, command === undefined ? [] : [command]);
      sent = commit;
      try {
        const [written] = (await sendTogether([insert, COMMIT])) as [Answer<unknown>, unknown];
        assertInserted(insert, written);
        return { waited, result: ok(committed) };
      } catch (error) {
        if (!isConflict(context, error)) throw error;
        sent = undefined;
        const [, read] = (await sendTogether([BACK_TO_MARK, asked.read])) as [unknown, Answer<Row>];
        if (read.rows.length === rows.length || decisions === MAX_DECISIONS) throw error;
        ({ rows } = read);
      }
    }
  };

  try {
    return await driverOf(knex).connection(async (connection) => {
      const { sendTogether } = connection;
      if (sendTogether === undefined) return 'more';
      return await undoneOnFailure(connection, () => work(connection, sendTogether));
    });
  } catch (error) {
    const isForeseen = error instanceof DecisionError && error.cause instanceof MoreToReadError;
    if (isForeseen || isUnknownStatement(error) || isConflict(context, error)) return 'more';
    if (sent !== undefined)
      return {
        waited: waited === true,
        result: await recoverInTurn(context, sent, insertError(knex, context, error, sent.command)),
      };
    if (isTurnLost(error) || (waited === undefined && !(error instanceof MaestroError))) return undefined;
    throw error;
  }
}

function isConflict(context: CommitContext, error: unknown): boolean {
  return insertError(context.knex, context, error, undefined) instanceof InsertConflictError;
}

/** Runs work in a transaction; when it fails, ends that, unless the connection broke, and with it the transaction. */
async function undoneOnFailure<Value>(connection: Connection, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!isConnectionLost(error)) await connection.send(ROLLBACK).catch(() => {});
    throw error;
  }
}
