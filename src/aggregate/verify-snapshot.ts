import type { Snapshot, StoredSnapshot } from '../events.js';
import { encodeJson } from '../json/encode.js';
import { decodeJson, InvalidJsonError } from '../json/parse.js';
import { sameJson } from '../json/same.js';
import type { JsonObject } from '../json/types.js';
import { HandlerError } from './errors.js';
import { fold, type History } from './history.js';
import { jsonOfVersion, snapshotBody, snapshotState } from './snapshot-codec.js';

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
    };

/**
 * Folds a history from its first event to the sequence of a snapshot, and compares the states by content: numbers digit by
 * digit, keys in any order. Throws what folding throws, and `HandlerError` for a state that is no JSON, and for a right
 * snapshot that `decode` fails on; one that is wrong need not be understood.
 */
export async function verifySnapshot(history: History, stored: StoredSnapshot): Promise<SnapshotVerdict> {
  const { definition, id } = history;
  const body = decodeJson(stored.body, definition.numbers) as JsonObject;
  if (jsonOfVersion(definition, body) === undefined) return { kind: 'other version' };
  const { state, sequence } = await fold(history, { maxSequence: stored.sequence, useSnapshot: false });
  const encoded = encodeJson(snapshotBody(definition, state, { aggregateId: id, sequence }));
  if (!('text' in encoded))
    throw new HandlerError(
      { aggregate: definition.name, handler: 'encode', aggregateId: id.hex, sequence, file: definition.file },
      `gives a state that cannot be stored: ${encoded.faults[0]?.message ?? 'it is no JSON'}.`,
    );
  const proper = { sequence, body: encoded.text };
  if (sequence < stored.sequence) return { kind: 'ahead', proper };
  if (!isSame(stored.body, encoded.text)) return { kind: 'different', proper };
  snapshotState(definition, { ...stored, body });
  return { kind: 'same' };
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
