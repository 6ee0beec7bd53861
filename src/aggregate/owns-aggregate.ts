import type { Timestamp } from '../hlc/timestamp.js';
import { callHandler } from './fold/call-handler.js';
import type { Definition } from './definition/definition.js';
import { storedTypes } from './definition/event-names.js';

/**
 * True when a definition owns an aggregate, by its id or the type of its first event (see `owns` of the definition).
 * Throws `HandlerError`.
 */
export function ownsAggregate(definition: Definition, id: Timestamp, firstEvent: string | undefined): boolean {
  const { name, file, owns } = definition;
  const { ids } = owns;
  if (firstEvent !== undefined && firstTypesOf(definition).includes(firstEvent)) return true;
  if (ids === undefined) return false;
  return callHandler({ aggregate: name, handler: 'ids', aggregateId: id.hex, file }, () => ids(id)) === true;
}

/** The types of stored events that only this definition's histories begin with, older names as well. */
export function firstTypesOf(definition: Pick<Definition, 'owns' | 'aliases'>): readonly string[] {
  return (definition.owns.firstEvents ?? []).flatMap((type) => storedTypes(definition, type));
}

/** True for a definition that says which aggregates are its own. */
export function hasOwnershipRules(definition: Pick<Definition, 'owns' | 'aliases'>): boolean {
  return definition.owns.ids !== undefined || firstTypesOf(definition).length > 0;
}
