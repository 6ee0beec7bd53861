import type { Answer, BoundStatement, Executor } from '../../driver/driver.js';

/** The events of one aggregate in a commit: a range of sequences. */
export interface CommittedRange {
  /** The aggregate in hex digits. */
  readonly aggregateId: string;
  readonly first: number;
  readonly last: number;
}

/** Positions that are to be moved with the events of a commit. */
export interface Moving extends CommittedRange {
  /** The projections as `name:version,…`. */
  readonly wanted: string;
  /** In a transaction of the application, which may see the log as it was before. */
  readonly isInside: boolean;
}

/** A position that was moved: the name of the projection, the copy, and whether the move is to be recorded. */
export type MovedRow = readonly [name: string, copy: number, isRecorded: boolean];

/**
 * The statements that move the positions of the live copies of some projections that are right before the first event of a commit, where
 * the session finds the copy's tables first on its search path; in the form for one kind of layout. They are sent together behind
 * the insert of the events.
 */
export interface MovingForm {
  statements(moving: Moving): readonly BoundStatement[];
  /** The positions that were moved, by the answers to {@link statements}; may send what is left to do in the same transaction. */
  moved(transaction: Executor, moving: Moving, answers: readonly Answer<unknown>[]): Promise<readonly MovedRow[]>;
}
