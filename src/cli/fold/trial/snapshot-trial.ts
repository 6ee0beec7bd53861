import { isFoldingError } from '../../../aggregate/errors.js';
import { foldOn, type History } from '../../../aggregate/history.js';
import { snapshotState } from '../../../aggregate/snapshot/snapshot-codec.js';
import { verifySnapshot } from '../../../aggregate/snapshot/verify-snapshot.js';
import type { NewSnapshot } from '../../../events.js';
import { readBack } from '../../../json/encode/round-trip.js';
import { withoutExponents } from '../../../json/encode/without-exponents.js';
import { encodeSnapshot } from '../../../store/commit/validate.js';
import { WouldNotFoldError } from '../../errors.js';

/**
 * Reads a snapshot as the application would, and folds the events after it. Throws {@link WouldNotFoldError} when that fails;
 * not with `force`. Resolves to the warning to give once the snapshot is stored: of that, or of one that will not be used
 * or is another state than the handlers make of the events.
 */
export async function trySnapshot(
  history: History,
  snapshot: NewSnapshot,
  { force }: { readonly force: boolean },
): Promise<string | undefined> {
  const { definition, id } = history;
  const text = withoutExponents(encodeSnapshot(snapshot));
  try {
    const usable = snapshotState(definition, { ...snapshot, body: readBack(text, definition.numbers) });
    if (usable === undefined)
      return `The aggregate ${definition.name} will not use this snapshot of ${id.hex}: its version is not the \`snapshot.version\` of the definition.`;
    await foldOn(history, { ...usable, sequence: snapshot.sequence, timestamp: undefined, snapshot: 0 });
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    const problem = `The aggregate ${definition.name} cannot use this snapshot of ${id.hex}: ${error.message}`;
    if (force) return `${problem} Stored anyway (--force).`;
    const hint = `Nothing was written; with --force it is stored anyway. ${error.hint ?? ''}`.trim();
    throw new WouldNotFoldError(problem, { hint, cause: error });
  }
  if (await isDifferent(history, snapshot, text))
    return `The handlers of ${definition.name} give another state for the events up to ${snapshot.sequence}; see \`maestro snapshot verify ${id.hex}\`.`;
  return undefined;
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
