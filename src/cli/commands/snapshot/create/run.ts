import { fold } from '../../../../aggregate/history.js';
import { storeSnapshot } from '../../../../aggregate/snapshot/store-snapshot.js';
import type { Database } from '../../../../connection/database.js';
import { UsageError } from '../../../errors.js';
import { assertAggregate } from '../../../fold/assert-aggregate.js';
import { aggregateChoice } from '../../../fold/choose-aggregate.js';
import type { IdArgument } from '../../../input/id-argument.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import { ignoredSnapshotWarning } from '../../../../folding/ignored-snapshot.js';
import { printSnapshotOutcome } from '../../../output/print-snapshot-outcome.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro snapshot create`. */
export interface CreateOptions {
  readonly aggregate?: string;
  /** False with `--no-snapshot`. */
  readonly snapshot: boolean;
}

/** Hint for a stored snapshot that is not used but not older either. */
const UNUSED =
  'The stored one is not used: it has another version, a higher sequence than the last event, or the handlers fail on it. Only a newer snapshot can replace it. Create one after the next event, or delete this one with `maestro snapshot delete`.';

/** Folds the current state and stores it. */
export async function run(
  argument: IdArgument,
  { aggregate, snapshot }: CreateOptions,
  invocation: Invocation,
): Promise<void> {
  const choose = await aggregateChoice(invocation, aggregate);
  const create = async (database: Database) => {
    const { store } = database;
    const id = await resolveAggregateId(invocation, database, argument);
    await assertAggregate(database, id);
    const definition = await choose(store, id);
    if (definition === undefined)
      throw new UsageError(`No configured definition owns ${id.hex}.`, {
        hint: 'Choose one with --aggregate, and list it in maestro.config.ts.',
      });
    const history = {
      definition,
      store,
      id,
      onSnapshotIgnored: ignoredSnapshotWarning((text) => invocation.output.warn(text)),
    };
    const current = await fold(history, { useSnapshot: snapshot });
    const outcome = await storeSnapshot(history, store, current);
    const isUsed = outcome === 'committed' || (await fold({ ...history, onSnapshotIgnored: undefined })).snapshot > 0;
    return { id, sequence: current.sequence, outcome, hint: isUsed ? undefined : UNUSED };
  };
  const { id, sequence, outcome, hint } = await withDatabase(invocation, create, { writes: true });
  await printSnapshotOutcome(id, sequence, outcome, invocation, hint);
}
