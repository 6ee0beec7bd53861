import type { Definition } from '../../aggregate/definition/definition.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { Invocation } from '../invocation.js';
import type { Folding } from './folding.js';
import { handlerFolding } from './handler-folding.js';
import { mergeFolding } from './merge-folding.js';

/** The folding of an aggregate: by its definition, or without one by merging. */
export async function foldingFor(
  definition: Definition | undefined,
  id: Timestamp,
  { configuration }: Pick<Invocation, 'configuration'>,
): Promise<Folding> {
  if (definition !== undefined) return handlerFolding(definition, id);
  const { aggregates = [] } = await configuration();
  return mergeFolding(id, aggregates);
}
