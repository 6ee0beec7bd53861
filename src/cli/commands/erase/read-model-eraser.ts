import type { ReadModelEraser } from '../../../admin/erase-aggregate/read-models.js';
import { eraseFromCopies } from '../../../projection/apply/erase-from-copies.js';
import type { AnyProjection } from '../../../projection/definition.js';

/** Removes an aggregate from the tables of an application's projections. */
export function readModelEraser(definitions: readonly AnyProjection[], schema: string): ReadModelEraser {
  return {
    covers: (name, version) =>
      definitions.some(
        (each) =>
          each.kind === 'projection' && each.name === name && each.version === version && each.erased !== undefined,
      ),
    erase: (transaction, aggregateId, rewritten) =>
      eraseFromCopies(transaction, schema, definitions, aggregateId, { rewritten }),
  };
}
