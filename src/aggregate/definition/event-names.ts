import { ownProperty } from '../fold/own-property.js';
import type { Definition } from './definition.js';

/** The parts of a definition that the names of its event types depend on. */
type Named = Pick<Definition, 'events' | 'aliases'>;

/**
 * The type under which a definition handles stored events of a type: the type itself, or the newest name of one that was
 * renamed; `undefined` when nothing handles it.
 */
export function handledType(definition: Named, type: string): string | undefined {
  return Object.hasOwn(definition.events, type) ? type : newNameOf(definition, type);
}

/** The newest name of an event type that was renamed; `undefined` for one that was not. */
export function newNameOf({ aliases = {} }: Pick<Named, 'aliases'>, type: string): string | undefined {
  // Definitions have few aliases, and only types without a handler are looked up.
  for (const [newest, old] of Object.entries(aliases)) if (old.includes(type)) return newest;
  return undefined;
}

/** The types under which events of a handled type may be stored: its own, then its older names. */
export function storedTypes({ aliases = {} }: Pick<Named, 'aliases'>, type: string): readonly string[] {
  return [type, ...(ownProperty(aliases, type) ?? [])];
}

/** All types of stored events that a definition handles, each with its older names behind it. */
export function allStoredTypes(definition: Named): readonly string[] {
  return Object.keys(definition.events).flatMap((type) => storedTypes(definition, type));
}
