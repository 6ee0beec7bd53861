import { InvalidEventError, InvalidSnapshotError } from '../../store/errors.js';
import { EventSchemaError, HandlerError, isFoldingError } from '../errors.js';
import { fold, type History } from '../history.js';
import type { StateAt } from '../state-at.js';
import { pathText } from '../../json/path/path-text.js';
import { SnapshotIgnoredError, SnapshotLossError } from './errors.js';
import { firstDifference } from './first-difference.js';

/**
 * True for an error that a state of the wrong shape may have caused; not for errors of an application's own classes.
 */
export function mayBeCausedByState(error: unknown): boolean {
  return [TypeError, RangeError, HandlerError, EventSchemaError, InvalidEventError].some(
    (kind) => error instanceof kind,
  );
}

/**
 * Folds without the snapshot, after a handler has failed on a state that rests on one. `undefined` when the state is
 * the same, or folding fails, too. Reads the whole history; reports a wrong snapshot through `onSnapshotIgnored`.
 */
export async function stateWithoutSnapshot(
  history: History,
  current: StateAt,
  cause: unknown,
): Promise<StateAt | undefined> {
  let correct: StateAt;
  try {
    correct = await fold(history, { maxSequence: current.sequence, useSnapshot: false });
  } catch (error) {
    if (isFoldingError(error)) return undefined;
    throw error;
  }
  if (correct.sequence !== current.sequence) return undefined;
  const difference = firstDifference(correct.state, current.state);
  if (difference === undefined) return undefined;
  const problem = `${pathText('state', difference.path)} ${difference.message}.`;
  history.onSnapshotIgnored?.(new SnapshotIgnoredError(history.id.hex, current.snapshot, problem, cause));
  return correct;
}

/** True for the refusal of a state that was to be stored as a snapshot. */
export function isOfState(error: unknown): boolean {
  return error instanceof SnapshotLossError || error instanceof InvalidSnapshotError || error instanceof HandlerError;
}
