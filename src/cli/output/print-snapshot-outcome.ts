import type { Timestamp } from '../../hlc/timestamp.js';
import { StaleSnapshotError } from '../errors.js';
import { printFacts } from './print-facts.js';
import type { Invocation } from '../invocation.js';

/** Prints that a snapshot was stored; throws {@link StaleSnapshotError} when it was not, because the stored one is as new. */
export async function printSnapshotOutcome(
  id: Timestamp,
  sequence: number,
  outcome: 'committed' | 'stale',
  { output }: Invocation,
  hint = `See \`maestro snapshot get ${id.hex}\`.`,
): Promise<void> {
  if (outcome === 'stale')
    throw new StaleSnapshotError(`A snapshot of ${id.hex} at sequence ${sequence} or later is already stored.`, {
      hint: `Nothing was written. ${hint}`,
    });
  await printFacts(output, {
    ids: [id.hex],
    json: { aggregateId: id.hex, sequence },
    facts: [
      ['aggregate', id.hex],
      ['sequence', `${sequence}, stored`],
    ],
  });
}
