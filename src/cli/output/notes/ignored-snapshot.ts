import type { SnapshotIgnoredError } from '../../../aggregate/snapshot/errors.js';
import type { Output } from '../output.js';

/** Makes the function that warns of a stored snapshot that was not used, and says what to do about it. */
export function ignoredSnapshotWarning(output: Output): (error: SnapshotIgnoredError) => void {
  return ({ message, hint }) => void output.warn([message, hint].filter(Boolean).join(' '));
}
