import type { SnapshotVerdict } from '../aggregate/snapshot/verify-snapshot.js';
import type { StoredSnapshot } from '../events.js';
import { diffJson } from '../json/compare/diff.js';
import { InvalidJsonError, parseJsonText } from '../json/parse.js';
import { cut } from '../text/width.js';
import { changeText } from './change-text.js';

/** Longest text of a change, in columns: states may be megabytes. */
const LONGEST_CHANGE = 300;

/** The problem with a stored snapshot that is not the state which the handlers make, in words. Not escaped. */
export function wrongSnapshotText(
  verdict: Extract<SnapshotVerdict, { kind: 'different' | 'ahead' }>,
  stored: StoredSnapshot,
): string {
  const { correct } = verdict;
  if (verdict.kind === 'ahead')
    return correct.sequence === 0
      ? 'the log has no events of it; `maestro snapshot delete` removes it'
      : `the history ends at sequence ${correct.sequence}`;
  if (verdict.readAs !== undefined) return `it does not come back as it is: ${verdict.readAs}`;
  return `the handlers make another state: ${firstChange(stored.body, correct.body)}`;
}

function firstChange(stored: string, correct: string): string {
  try {
    const [first, ...others] = diffJson(parseJsonText(stored), parseJsonText(correct));
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    return `${first === undefined ? '' : cut(changeText(first), LONGEST_CHANGE)}${more}`;
  } catch (error) {
    if (error instanceof RangeError || error instanceof InvalidJsonError)
      return 'the stored one is nested too deeply to be compared';
    throw error;
  }
}
