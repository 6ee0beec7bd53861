import type { SnapshotIgnoredError } from '../aggregate/snapshot/errors.js';
import type { OnWarning } from './folding.js';

/** Makes the function that warns of a stored snapshot that was not used, and says what to do about it. */
export function ignoredSnapshotWarning(onWarning: OnWarning): (error: SnapshotIgnoredError) => void {
  return ({ message, hint }) => void onWarning([message, hint].filter(Boolean).join(' '));
}
