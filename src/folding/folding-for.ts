import type { Definition } from '../aggregate/definition/definition.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { Folding } from './folding.js';
import { handlerFolding } from './handler-folding.js';
import { mergeFolding } from './merge-folding.js';

/** The folding of an aggregate: by its definition, or by merging when none of the `configured` ones owns it. */
export function foldingFor(
  definition: Definition | undefined,
  id: Timestamp,
  configured: readonly Definition[],
): Folding {
  return definition === undefined ? mergeFolding(id, configured) : handlerFolding(definition, id);
}
