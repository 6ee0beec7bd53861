import type { Snapshot, StoredSnapshot } from '../../events.js';
import { encodeJson } from '../../json/encode.js';
import { decodeJson, InvalidJsonError } from '../../json/parse.js';
import { pathText } from '../../json/path-text.js';
import { sameJson } from '../../json/same.js';
import type { JsonObject } from '../../json/types.js';
import type { Definition } from '../definition/definition.js';
import { HandlerError } from '../errors.js';
import { fold, type History } from '../history.js';
import type { StateAt } from '../state-at.js';
import { assertRoundTrip, roundTripDifference } from './assert-round-trip.js';
import { jsonOfVersion, snapshotBody } from './snapshot-codec.js';

/** What came of comparing a snapshot with what the handlers make of the events. */
export type SnapshotVerdict =
  | {
      /** `same`: it means the same state. `other version`: it is of another version of the state's shape, so not used. */
      readonly kind: 'same' | 'other version';
    }
  | {
      /** `different`: the handlers make another state. `ahead`: the history ends before it. */
      readonly kind: 'different' | 'ahead';
      /** The snapshot that the events give, its body as JSON text; of sequence 0 when there are no events. */
      readonly proper: Pick<Snapshot<string>, 'sequence' | 'body'>;
      /** Value that is read as something else, where the texts say the same: `state.n is a bigint, and …`. */
      readonly readAs?: string;
    };

/**
 * Folds a history from its first event to the sequence of a snapshot, and compares the states by content: numbers digit by
 * digit, keys in any order. Throws what folding throws, and what {@link compareSnapshot} throws.
 */
export async function verifySnapshot(history: History, stored: StoredSnapshot): Promise<SnapshotVerdict> {
  const { definition } = history;
  if (isOfOtherVersion(definition, stored)) return { kind: 'other version' };
  return compareSnapshot(definition, stored, await fold(history, { maxSequence: stored.sequence, useSnapshot: false }));
}

/** True when nobody uses a snapshot, because it is of another version than a definition's. */
export function isOfOtherVersion(definition: Definition, stored: StoredSnapshot): boolean {
  return jsonOfVersion(definition, decodeJson(stored.body, definition.numbers) as JsonObject) === undefined;
}

/**
 * Compares a snapshot with the state that the events give at its sequence, or at the last one there is. Throws
 * `HandlerError` for a state that is no JSON, `SnapshotLossError` for one that does not come back from a snapshot as it is, and
 * `HandlerError` for a right snapshot that `decode` fails on; one that is wrong need not be understood.
 */
export function compareSnapshot(
  definition: Definition,
  stored: StoredSnapshot,
  { state, sequence }: Pick<StateAt, 'state' | 'sequence'>,
): SnapshotVerdict {
  if (isOfOtherVersion(definition, stored)) return { kind: 'other version' };
  const { aggregateId } = stored;
  const encoded = encodeJson(snapshotBody(definition, state, { aggregateId, sequence }));
  if (!('text' in encoded))
    throw new HandlerError(
      { aggregate: definition.name, handler: 'encode', aggregateId: aggregateId.hex, sequence, file: definition.file },
      `gives a state that cannot be stored: ${encoded.faults[0]?.message ?? 'it is no JSON'}.`,
    );
  const proper = { sequence, body: encoded.text };
  assertRoundTrip(definition, state, { aggregateId, ...proper });
  if (sequence < stored.sequence) return { kind: 'ahead', proper };
  if (!isSame(stored.body, encoded.text)) return { kind: 'different', proper };
  const difference = roundTripDifference(definition, state, stored);
  if (difference === undefined) return { kind: 'same' };
  return { kind: 'different', proper, readAs: `${pathText('state', difference.path)} ${difference.message}` };
}

/** No state that can be stored is nested so deeply that it cannot be compared. */
function isSame(stored: string, proper: string): boolean {
  try {
    return sameJson(stored, proper);
  } catch (error) {
    if (error instanceof RangeError || error instanceof InvalidJsonError) return false;
    throw error;
  }
}
