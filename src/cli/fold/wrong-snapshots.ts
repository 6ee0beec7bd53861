import { replaceSnapshot } from '../../admin/log/stored-snapshots.js';
import { isFoldingError } from '../../aggregate/errors.js';
import { verifySnapshot } from '../../aggregate/snapshot/verify-snapshot.js';
import type { Database } from '../../connection/database.js';
import type { StoredSnapshot } from '../../events.js';
import { UsageError } from '../errors.js';
import type { Items } from '../output/iterate.js';
import { wrongSnapshotText } from '../../folding/wrong-snapshot-text.js';
import { type DefinitionChooser, typeOfFirstEvent } from '../../folding/choose-definition.js';

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

/**
 * Compares snapshots with the states that the handlers make of the events, and yields the wrong ones. With `fix` they are
 * replaced.
 */
export async function* wrongSnapshots(
  snapshots: Items<StoredSnapshot>,
  database: Database,
  choose: DefinitionChooser,
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
      yield { ...at, problem: verdict.kind, message: wrongSnapshotText(verdict, stored), fixed };
    } catch (error) {
      if (!isFoldingError(error) && !(error instanceof UsageError)) throw error;
      yield { ...at, problem: 'failed', message: error.message, fixed: false };
    }
  }
}
