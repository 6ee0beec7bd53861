import type { StoredSnapshot } from '../../../../events.js';
import { snapshotMembers } from '../../../../store/read/stored-json.js';
import { NotFoundError } from '../../../errors.js';
import { assertAggregate } from '../../../fold/assert-aggregate.js';
import type { IdArgument } from '../../../input/id-argument.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import { printFacts } from '../../../output/print-facts.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro snapshot get`. */
export interface GetOptions {
  readonly min: number;
  readonly max: number;
}

/** Shows a stored snapshot. */
export async function run(argument: IdArgument, { min, max }: GetOptions, invocation: Invocation): Promise<void> {
  const stored = await withDatabase(invocation, async (database) => {
    const id = await resolveAggregateId(invocation, database, argument);
    const snapshot = await database.store.getStoredSnapshot(id, min, { maxSequence: max });
    if (snapshot !== undefined) return snapshot;
    await assertAggregate(database, id);
    throw new NotFoundError(`There is no snapshot of ${id.hex} from sequence ${min} to ${max}.`, {
      hint: `Widen --min and --max, or see the state with \`maestro replay ${id.hex}\`.`,
    });
  });
  await print(stored, invocation);
}

async function print(stored: StoredSnapshot, { output }: Invocation): Promise<void> {
  const id = stored.aggregateId.hex;
  await printFacts(output, {
    ids: [id],
    json: snapshotMembers(stored),
    facts: [
      ['aggregate', id],
      ['sequence', String(stored.sequence)],
    ],
    below: stored.body,
  });
}
