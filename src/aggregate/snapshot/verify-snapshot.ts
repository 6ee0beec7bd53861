import type { Snapshot, StoredSnapshot } from '../../events.js';
import { encodeJson } from '../../json/encode/encode.js';
import { decodeJson, InvalidJsonError } from '../../json/parse.js';
import { pathText } from '../../json/path/path-text.js';
import { sameJson } from '../../json/compare/equality.js';
import type { JsonObject } from '../../json/types.js';
import type { Definition } from '../definition/definition.js';
import { HandlerError } from '../errors.js';
import { fold, type History } from '../history.js';
import type { StateAt } from '../state-at.js';
import { assertRoundTrip, roundTripDifference } from './assert-round-trip.js';
import { jsonOfVersion, snapshotBody } from './snapshot-codec.js';

/** The result of comparing a snapshot with the state that the handlers make of the events. */
export type SnapshotVerdict =
  | {
      /** `same`: it means the same state. `other version`: it is of another version of the state's shape, so not used. */
      readonly kind: 'same' | 'other version';
    }
  | {
      /** `different`: the handlers make another state. `ahead`: the history ends before it. */
      readonly kind: 'different' | 'ahead';
      /** The correct snapshot, its body as JSON text; of sequence 0 when there are no events. */
      readonly correct: Pick<Snapshot<string>, 'sequence' | 'body'>;
      /**
       * A value that is read as another kind than the state has, although the texts are equal:
       * `state.n is a bigint, and …`.
       */
      readonly readAs?: string;
    };

/**
 * Folds a history from its first event to the sequence of a snapshot, and compares the states by content: numbers digit
 * by digit, keys in any order. Throws the errors of folding and of {@link compareSnapshot}.
 */
export async function verifySnapshot(history: History, stored: StoredSnapshot): Promise<SnapshotVerdict> {
  const { definition } = history;
  if (isOfOtherVersion(definition, stored)) return { kind: 'other version' };
  return compareSnapshot(definition, stored, await fold(history, { maxSequence: stored.sequence, useSnapshot: false }));
}

/** True when a snapshot is of another version than the definition's, so that it is not used. */
function isOfOtherVersion(definition: Definition, stored: StoredSnapshot): boolean {
  return jsonOfVersion(definition, decodeJson(stored.body, definition.numbers) as JsonObject) === undefined;
}

/**
 * Compares a snapshot with the state that the events give at its sequence, or at the last one there is. Throws
 * `HandlerError` for a state that cannot be stored and for a correct snapshot on which `decode` fails, and
 * `SnapshotLossError` for a state that does not survive the round trip through a snapshot. A wrong snapshot is not
 * decoded.
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
      `returned a state that cannot be stored: ${encoded.faults[0]?.message ?? 'it is no JSON'}.`,
    );
  const correct = { sequence, body: encoded.text };
  assertRoundTrip(definition, state, { aggregateId, ...correct });
  if (sequence < stored.sequence) return { kind: 'ahead', correct };
  if (!isSame(stored.body, encoded.text)) return { kind: 'different', correct };
  const difference = roundTripDifference(definition, state, stored);
  if (difference === undefined) return { kind: 'same' };
  return { kind: 'different', correct, readAs: `${pathText('state', difference.path)} ${difference.message}` };
}

/**
 * True when both texts mean the same. A text that is nested too deeply to be compared is not one that could have been
 * stored.
 */
function isSame(stored: string, correct: string): boolean {
  try {
    return sameJson(stored, correct);
  } catch (error) {
    if (error instanceof RangeError || error instanceof InvalidJsonError) return false;
    throw error;
  }
}
