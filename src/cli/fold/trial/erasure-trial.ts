import { erasedEvents } from '../../../admin/erase-aggregate/erase-aggregate.js';
import type { Erasure } from '../../../admin/erase-aggregate/plan-erasure.js';
import type { Definition } from '../../../aggregate/definition/definition.js';
import { isFoldingError } from '../../../aggregate/errors.js';
import type { Database } from '../../../connection/database.js';
import type { MaestroError } from '../../../errors.js';
import type { StoredEvent } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { type Change, diffJson } from '../../../json/compare/diff.js';
import { parseJsonText } from '../../../json/parse.js';
import { WouldNotFoldError } from '../../errors.js';
import { handlerFolding } from '../../../folding/handler-folding.js';

/** The outcome of folding a history without the values to erase. */
export interface ErasureTrial {
  /** The name of the aggregate whose handlers fold. */
  readonly aggregate: string;
  readonly folds: boolean;
  /** Changes of the last state; absent when the history does not fold, before or afterwards. */
  readonly changes?: readonly Change[];
  /** Says why the history does not fold; absent when it does. For after the erasure: `--force` may have brought it about. */
  readonly warning?: string;
}

/** The last state as JSON text; or the event at which folding failed, with the error. */
type Folded = { readonly state: string } | Failure;

interface Failure {
  readonly sequence: number;
  readonly error: MaestroError;
}

/**
 * Folds the history as it will be after the erasure. Throws {@link WouldNotFoldError} when the erasure makes folding fail, or
 * fail at an earlier event than before; not with `force`. A history that cannot be folded anyway
 * only gets a warning.
 */
export async function tryErasure(
  database: Database,
  erasure: Erasure,
  definition: Definition,
  { force, execute }: { readonly force: boolean; readonly execute: boolean },
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
    const warning = `The history of ${id.hex} cannot be folded as it is: ${before.error.message}`;
    return { aggregate, folds: false, warning };
  }
  const problem = `Without these values the history of ${id.hex} can no longer be folded: ${message}`;
  if (!force)
    throw new WouldNotFoldError(problem, {
      hint: `Nothing was changed. Give another value with --replace, or erase anyway with --force. ${hint ?? ''}`.trim(),
      cause: after.error,
    });
  const warning = `${problem} ${execute ? 'Erased' : 'With --execute they would be erased'} anyway (--force).`;
  return { aggregate, folds: false, warning };
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
