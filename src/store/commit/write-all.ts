import type { Knex } from 'knex';
import type { CommitContext } from './commit-context.js';
import type { Executor } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import { movedBy, type MovingInsert, movingInsert } from './insert-moving.js';
import { insertParts } from './insert-events.js';
import { runPositioned } from './run-positioned.js';
import { assertProjected, runProjections } from './run-projections.js';
import type { WholeCommit } from './whole-commit.js';

/** Writes all of a commit in a transaction of its own, as {@link writeAll} does. */
export async function writeInTransaction(context: CommitContext, commit: WholeCommit): Promise<void> {
  const { functions } = commit.projections;
  // Functions of the application may do more than SQL, so they run once.
  const options = { repeatable: functions.length === 0 };
  const driver = driverOf(context.knex);
  const first = await firstOf(context.knex, context, commit);
  if (first === undefined) await driver.transaction((transaction) => writeAll(transaction, context, commit), options);
  else
    await driver.transactionAfter(
      first.statements,
      async (transaction, answers) =>
        await project(transaction, context, commit, await movedBy(transaction, context, commit, first, answers)),
      options,
    );
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
  const first = await firstOf(transaction, context, commit);
  let moved = NONE;
  if (first === undefined) await insertParts(transaction, context, commit.parts, commit.command);
  else moved = await movedBy(transaction, context, commit, first, driverOf(transaction).sendTogether(first.statements));
  onInserted();
  await project(transaction, context, commit, moved);
}

const NONE: ReadonlySet<string> = new Set();

/** The first statements of a commit that moves positions with its events. */
async function firstOf(on: Executor, context: CommitContext, commit: WholeCommit): Promise<MovingInsert | undefined> {
  const { positioned } = commit.projections;
  return positioned.length === 0 ? undefined : await movingInsert(on, context, commit, positioned);
}

/** Runs the projections of a commit, first those that have positions, of which some were moved with the events. */
async function project(
  transaction: Knex.Transaction,
  context: CommitContext,
  { events, committed, projections: { functions, positioned } }: WholeCommit,
  moved: ReadonlySet<string>,
): Promise<void> {
  if (positioned.length > 0) await runPositioned(transaction, context, events, positioned, moved);
  await runProjections(transaction, committed, functions);
  if (positioned.length > 0 && functions.length === 0) await assertProjected(transaction, committed);
}
