import { isFoldingError } from '../../../aggregate/errors.js';
import { foldOn, type History } from '../../../aggregate/history.js';
import { snapshotState } from '../../../aggregate/snapshot/snapshot-codec.js';
import { verifySnapshot } from '../../../aggregate/snapshot/verify-snapshot.js';
import type { NewSnapshot } from '../../../events.js';
import { readBack } from '../../../json/round-trip.js';
import { withoutExponents } from '../../../json/without-exponents.js';
import { encodeSnapshot } from '../../../store/commit/validate.js';
import { WouldNotFoldError } from '../../errors.js';
import type { Output } from '../../output/output.js';

/**
 * Reads a snapshot as the application would, and folds the events after it. Throws {@link WouldNotFoldError} when that fails;
 * with `force` it only warns. It also warns when the handlers give another state for the events.
 */
export async function trySnapshot(
  history: History,
  snapshot: NewSnapshot,
  { force, output }: { readonly force: boolean; readonly output: Output },
): Promise<void> {
  const { definition, id } = history;
  const text = withoutExponents(encodeSnapshot(snapshot));
  try {
    const usable = snapshotState(definition, { ...snapshot, body: readBack(text, definition.numbers) });
    if (usable === undefined)
      return await output.warn(
        `This snapshot has another version than ${definition.name} uses, so it will not be used.`,
      );
    await foldOn(history, { ...usable, sequence: snapshot.sequence, timestamp: undefined, snapshot: 0 });
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    const problem = `The aggregate ${definition.name} cannot use this snapshot of ${id.hex}: ${error.message}`;
    if (force) return await output.warn(`${problem} Stored anyway (--force).`);
    const hint = `Nothing was written; with --force it is stored anyway. ${error.hint ?? ''}`.trim();
    throw new WouldNotFoldError(problem, { hint, cause: error });
  }
  if (await isDifferent(history, snapshot, text))
    await output.warn(
      `The handlers of ${definition.name} give another state for the events up to ${snapshot.sequence}; see \`maestro snapshot verify ${id.hex}\`.`,
    );
}

async function isDifferent(history: History, snapshot: NewSnapshot, body: string): Promise<boolean> {
  try {
    return (await verifySnapshot(history, { ...snapshot, body })).kind === 'different';
  } catch (error) {
    // A history that does not fold gives nothing to compare with.
    if (isFoldingError(error)) return false;
    throw error;
  }
}
