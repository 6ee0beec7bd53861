import type { Snapshot } from '../../events.js';
import { readBack } from '../../json/encode/round-trip.js';
import type { Definition } from '../definition/definition.js';
import { snapshotState } from './snapshot-codec.js';
import { SnapshotLossError } from './errors.js';
import { type Difference, firstDifference } from './first-difference.js';

/** A snapshot that was encoded from a state: its body as JSON text. */
type EncodedSnapshot = Pick<Snapshot<string>, 'aggregateId' | 'sequence' | 'body'>;

/**
 * Throws {@link SnapshotLossError} unless decoding a snapshot of a state gives that state again, and `HandlerError`
 * when `decode` fails.
 */
export function assertRoundTrip(definition: Definition, state: unknown, made: EncodedSnapshot): void {
  const difference = roundTripDifference(definition, state, made);
  if (difference !== undefined)
    throw new SnapshotLossError(definition, made.aggregateId.hex, made.sequence, difference);
}

/**
 * The first difference between a state and the one that the next process decodes from its snapshot; `undefined` when
 * there is none.
 */
export function roundTripDifference(
  definition: Definition,
  state: unknown,
  { aggregateId, sequence, body }: EncodedSnapshot,
): Difference | undefined {
  const restored = snapshotState(definition, { aggregateId, sequence, body: readBack(body, definition.numbers) });
  return restored === undefined ? MISTAKEN : firstDifference(state, restored.state);
}

const MISTAKEN = {
  path: ['$maestro'],
  kind: 'a mark',
  message: 'is the mark of snapshots with a version, so this snapshot would not be used',
};
