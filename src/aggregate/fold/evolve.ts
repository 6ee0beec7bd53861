import type { CommittedEvent } from '../../events.js';
import { callHandler } from './call-handler.js';
import type { Definition } from '../definition/definition.js';
import { handledType } from '../definition/event-names.js';
import { InvalidHandlerError } from '../errors.js';
import { deepFreeze } from './freeze.js';
import { eventHandlerOf, newestBody } from './newest-body.js';

/** The state before the first event, frozen. */
export function initialState(definition: Definition): unknown {
  const { name, file } = definition;
  const state = callHandler({ aggregate: name, handler: 'initialState', file }, definition.initialState);
  deepFreeze(state);
  return state;
}

/** A state after one more event, and the event's body as the handler got it. */
export interface Evolved {
  readonly state: unknown;
  readonly body: unknown;
}

/** The state after one more event: see {@link evolved}. */
export function evolve(definition: Definition, state: unknown, event: CommittedEvent): unknown {
  return evolved(definition, state, event).state;
}

/**
 * The state after one more event, frozen: its body is brought to the newest shape by the upcaster for its type, checked
 * and perhaps transformed by the schema, and given to the handler; those of the newest name when the type was renamed.
 * Throws {@link InvalidHandlerError} for a type without a handler, `HandlerError` and `EventSchemaError`. Mirrors
 * `Maestro.Aggregate.EventHandler.apply`.
 */
export function evolved(definition: Definition, state: unknown, event: CommittedEvent): Evolved {
  const { events } = definition;
  const newest = handledType(definition, event.type);
  const about = eventHandlerOf(definition, event, newest);
  const handler = newest === undefined ? undefined : events[newest];
  if (newest === undefined || handler === undefined) throw new InvalidHandlerError(about, Object.keys(events));
  const body = newestBody(definition, newest, event, about);
  const next = callHandler(about, () => handler(state, body));
  deepFreeze(next);
  return { state: next, body };
}
