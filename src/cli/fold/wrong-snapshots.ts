import { replaceSnapshot } from '../../admin/log/stored-snapshots.js';
import { isFoldingError } from '../../aggregate/errors.js';
import { type SnapshotVerdict, verifySnapshot } from '../../aggregate/snapshot/verify-snapshot.js';
import type { Database } from '../../connection/database.js';
import type { StoredSnapshot } from '../../events.js';
import { diffJson } from '../../json/diff.js';
import { InvalidJsonError, parseJsonText } from '../../json/parse.js';
import { UsageError } from '../errors.js';
import type { Items } from '../output/iterate.js';
import { typeOfFirstEvent } from '../../folding/choose-definition.js';
import type { AggregateChooser } from './choose-aggregate.js';
import { changeText } from '../render/changes.js';
import { cut } from '../render/width.js';

/** A snapshot that differs from the state that the handlers make of the events. */
export interface WrongSnapshot {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly problem: 'different' | 'ahead' | 'failed';
  readonly message: string;
  /** True when `--fix` replaced it by the right state. */
  readonly fixed: boolean;
}

/** Numbers of what was compared. */
export interface SnapshotCheckCounts {
  snapshots: number;
  /** Snapshots of another version, which are not used. */
  otherVersion: number;
  /** Snapshots of aggregates that no configured definition owns. */
  withoutHandlers: number;
}

/** Longest text of a change, in columns: states may be megabytes. */
const LONGEST_CHANGE = 300;

/**
 * Compares snapshots with the states that the handlers make of the events, and yields the wrong ones. With `fix` they are
 * replaced.
 */
export async function* wrongSnapshots(
  snapshots: Items<StoredSnapshot>,
  database: Database,
  choose: AggregateChooser,
  checked: SnapshotCheckCounts,
  fix: boolean,
): AsyncGenerator<WrongSnapshot> {
  const { store } = database;
  for await (const stored of snapshots) {
    const { aggregateId: id, sequence } = stored;
    const at = { aggregateId: id.hex, sequence };
    checked.snapshots += 1;
    try {
      const definition = await choose(id, () => typeOfFirstEvent(store, id));
      if (definition === undefined) {
        checked.withoutHandlers += 1;
        continue;
      }
      const verdict = await verifySnapshot({ definition, store, id }, stored);
      if (verdict.kind === 'other version') checked.otherVersion += 1;
      if (verdict.kind !== 'different' && verdict.kind !== 'ahead') continue;
      const { correct } = verdict;
      const fixed = fix && correct.sequence > 0 && (await replaceSnapshot(database, stored, correct));
      yield { ...at, problem: verdict.kind, message: await messageOf(verdict, stored), fixed };
    } catch (error) {
      if (!isFoldingError(error) && !(error instanceof UsageError)) throw error;
      yield { ...at, problem: 'failed', message: error.message, fixed: false };
    }
  }
}

/** The problem with a snapshot, in words. */
export async function messageOf(
  verdict: Extract<SnapshotVerdict, { kind: 'different' | 'ahead' }>,
  stored: StoredSnapshot,
): Promise<string> {
  const { correct } = verdict;
  if (verdict.kind === 'ahead')
    return correct.sequence === 0
      ? 'the log has no events of it; `maestro snapshot delete` removes it'
      : `the history ends at sequence ${correct.sequence}`;
  if (verdict.readAs !== undefined) return `it does not come back as it is: ${verdict.readAs}`;
  return `the handlers make another state: ${await firstChange(stored.body, correct.body)}`;
}

async function firstChange(stored: string, correct: string): Promise<string> {
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
