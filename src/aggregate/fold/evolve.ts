import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type CommittedEvent, eventRef } from '../../events.js';
import { bigintAdvice, keysOf } from './bigint-advice.js';
import { callHandler } from './call-handler.js';
import { pathText } from '../../json/path-text.js';
import type { Definition } from '../definition/definition.js';
import { handledType } from '../definition/event-names.js';
import { EventSchemaError, type HandlerRef, InvalidHandlerError } from '../errors.js';
import { deepFreeze } from './freeze.js';
import { ownProperty } from './own-property.js';

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
 * Throws {@link InvalidHandlerError} for a type without a handler, `HandlerError` and {@link EventSchemaError}. Mirrors
 * `Maestro.Aggregate.EventHandler.apply`.
 */
export function evolved(definition: Definition, state: unknown, event: CommittedEvent): Evolved {
  const { name, file, events } = definition;
  const { type, aggregateId, sequence } = event;
  const about: HandlerRef = { aggregate: name, handler: 'event', type, aggregateId: aggregateId.hex, sequence, file };
  const newest = handledType(definition, type);
  const handler = newest === undefined ? undefined : events[newest];
  if (newest === undefined || handler === undefined) throw new InvalidHandlerError(about, Object.keys(events));
  const of = newest === type ? about : { ...about, as: newest };
  const body = newestBody(definition, newest, event, of);
  const next = callHandler(of, () => handler(state, body));
  deepFreeze(next);
  return { state: next, body };
}

function newestBody(definition: Definition, newest: string, event: CommittedEvent, about: HandlerRef): unknown {
  const { body: stored, ...facts } = event;
  const upcaster = ownProperty(definition.upcasters, newest);
  const schema = ownProperty(definition.schemas, newest);
  const body =
    upcaster === undefined ? stored : callHandler({ ...about, handler: 'upcaster' }, () => upcaster(stored, facts));
  return schema === undefined ? body : checkedBody(schema, body, definition, event, about);
}

function checkedBody(
  schema: StandardSchemaV1,
  body: unknown,
  { numbers }: Definition,
  event: CommittedEvent,
  about: HandlerRef,
): unknown {
  const result = callHandler({ ...about, handler: 'schema' }, () =>
    schema['~standard'].validate(body),
  ) as StandardSchemaV1.Result<unknown>;
  if (result.issues === undefined) return result.value;
  const paths = result.issues.map(keysOf);
  const issues = result.issues.map(({ message }, index) => ({ path: pathText('', paths[index] ?? []), message }));
  throw new EventSchemaError(eventRef(event), about, issues, bigintAdvice(schema, body, paths, numbers));
}
