import { type Erasure, erasedEvents } from '../../../admin/erase-aggregate/erase-aggregate.js';
import type { Definition } from '../../../aggregate/definition/definition.js';
import { isFoldingError } from '../../../aggregate/errors.js';
import type { Database } from '../../../connection/database.js';
import type { MaestroError } from '../../../errors.js';
import type { StoredEvent } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { type Change, diffJson } from '../../../json/diff.js';
import { parseJsonText } from '../../../json/parse.js';
import { WouldNotFoldError } from '../../errors.js';
import { handlerFolding } from '../handler-folding.js';
import type { Output } from '../../output/output.js';

/** The outcome of folding a history once something is erased from it. */
export interface ErasureTrial {
  /** The name of the aggregate whose handlers fold. */
  readonly aggregate: string;
  readonly folds: boolean;
  /** Changes of the last state; absent when the history does not fold, before or afterwards. */
  readonly changes?: readonly Change[];
}

/** The last state as JSON text; or where a history does not fold, and why. */
type Folded = { readonly state: string } | Failure;

interface Failure {
  readonly sequence: number;
  readonly error: MaestroError;
}

/**
 * Folds the history as it will be. Throws {@link WouldNotFoldError} when that fails earlier than the history does as it is;
 * with `force` it is only told, as it is when the history is no worse afterwards.
 */
export async function tryErasure(
  database: Database,
  erasure: Erasure,
  definition: Definition,
  { force, execute, output }: { readonly force: boolean; readonly execute: boolean; readonly output: Output },
): Promise<ErasureTrial> {
  const { name: aggregate } = definition;
  const id = erasure.aggregateId;
  const after = await foldedBy(definition, id, erasedEvents(database, erasure));
  const before = await foldedBy(definition, id, database.store.streamStoredEvents(id, 1));
  if ('state' in after) {
    if (!('state' in before)) return { aggregate, folds: true };
    return { aggregate, folds: true, changes: diffJson(parseJsonText(before.state), parseJsonText(after.state)) };
  }
  const { message, hint } = after.error;
  if ('error' in before && before.sequence <= after.sequence) {
    await output.warn(`The history of ${id.hex} does not fold as it is: ${before.error.message}`);
    return { aggregate, folds: false };
  }
  const problem = `Without these values the history of ${id.hex} would not fold any more: ${message}`;
  if (!force)
    throw new WouldNotFoldError(problem, {
      hint: `Nothing was changed. Put a value in the place with --replace, or erase all the same with --force. ${hint ?? ''}`.trim(),
      cause: after.error,
    });
  await output.warn(`${problem} ${execute ? 'Erased' : 'With --execute they would be erased'} all the same (--force).`);
  return { aggregate, folds: false };
}

async function foldedBy(definition: Definition, id: Timestamp, events: AsyncIterable<StoredEvent>): Promise<Folded> {
  let sequence = 0;
  try {
    const folding = handlerFolding(definition, id);
    let point = folding.start();
    for await (const event of events) {
      ({ sequence } = event);
      point = folding.next(point, event);
    }
    return { state: folding.json(point) };
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    return { sequence, error };
  }
}
