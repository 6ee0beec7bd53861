import { type Erasure, erasedEvents } from '../../admin/erase-aggregate.js';
import type { Definition } from '../../aggregate/definition.js';
import { isAboutFolding } from '../../aggregate/errors.js';
import { evolve, initialState } from '../../aggregate/evolve.js';
import type { Database } from '../../connection/database.js';
import type { MaestroError } from '../../errors.js';
import type { StoredEvent } from '../../events.js';
import { decodedEvent } from '../../store/rows.js';
import { WouldNotFoldError } from '../errors.js';
import type { Output } from '../output.js';

/** What handlers make of a history once something is erased from it. */
export interface ErasureTrial {
  /** The name of the aggregate whose handlers fold. */
  readonly aggregate: string;
  readonly folds: boolean;
}

/** Where a history does not fold, and why. */
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
  { force, output }: { readonly force: boolean; readonly output: Output },
): Promise<ErasureTrial> {
  const { name: aggregate } = definition;
  const id = erasure.aggregateId;
  const failure = await firstFailure(definition, erasedEvents(database, erasure));
  if (failure === undefined) return { aggregate, folds: true };
  const { message, hint } = failure.error;
  const before = await firstFailure(definition, database.store.streamStoredEvents(id, 1));
  if (before !== undefined && before.sequence <= failure.sequence) {
    await output.warn(`The history of ${id.hex} does not fold as it is: ${before.error.message}`);
    return { aggregate, folds: false };
  }
  const problem = `Without these values the history of ${id.hex} would not fold any more: ${message}`;
  if (!force)
    throw new WouldNotFoldError(problem, {
      hint: `Nothing was changed. Put a value in the place with --replace, or erase all the same with --force. ${hint ?? ''}`.trim(),
      cause: failure.error,
    });
  await output.warn(`${problem} Erased all the same with --force.`);
  return { aggregate, folds: false };
}

async function firstFailure(definition: Definition, events: AsyncIterable<StoredEvent>): Promise<Failure | undefined> {
  let sequence = 0;
  try {
    let state = initialState(definition);
    for await (const event of events) {
      ({ sequence } = event);
      state = evolve(definition, state, decodedEvent(event, definition.numbers));
    }
    return undefined;
  } catch (error) {
    if (!isAboutFolding(error)) throw error;
    return { sequence, error };
  }
}
