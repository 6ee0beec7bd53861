import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type CommittedEvent, eventRef } from '../events.js';
import { callHandler } from './call-handler.js';
import type { Definition } from './definition.js';
import { EventSchemaError, HandlerError, type HandlerRef, InvalidHandlerError } from './errors.js';

/** The state before the first event, frozen. */
export function initialState(definition: Definition): unknown {
  const { name, file } = definition;
  return callHandler({ aggregate: name, handler: 'initialState', file }, definition.initialState);
}

/**
 * The state after one more event, frozen: its body is brought to the newest shape by the upcaster for its type, checked
 * and perhaps transformed by the schema, and given to the handler. Throws {@link InvalidHandlerError} for a type without
 * a handler, {@link HandlerError} and {@link EventSchemaError}. Mirrors `Maestro.Aggregate.EventHandler.apply`.
 */
export function evolve(definition: Definition, state: unknown, event: CommittedEvent): unknown {
  const { type } = event;
  const about = handlerRef(definition, event);
  const handler = own(definition.events, type);
  if (handler === undefined) throw new InvalidHandlerError(about);
  const body = newestBody(definition, event, about);
  return callHandler(about, () => handler(state, body));
}

function handlerRef({ name, file }: Definition, { type, aggregateId, sequence }: CommittedEvent): HandlerRef {
  return { aggregate: name, handler: 'event', type, aggregateId: aggregateId.hex, sequence, file };
}

function newestBody(definition: Definition, event: CommittedEvent, about: HandlerRef): unknown {
  const { body: stored, ...facts } = event;
  const upcaster = own(definition.upcasters, event.type);
  const schema = own(definition.schemas, event.type);
  const body =
    upcaster === undefined ? stored : callHandler({ ...about, handler: 'upcaster' }, () => upcaster(stored, facts));
  return schema === undefined ? body : checkedBody(schema, body, definition, event, about);
}

function checkedBody(
  schema: StandardSchemaV1,
  body: unknown,
  { name, file }: Definition,
  event: CommittedEvent,
  about: HandlerRef,
): unknown {
  const result = schema['~standard'].validate(body);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new HandlerError(about, 'has a schema that answers with a promise.');
  }
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ path = [], message }) => ({ path: pathText(path), message }));
  throw new EventSchemaError(eventRef(event), name, issues, file);
}

function pathText(path: NonNullable<StandardSchemaV1.Issue['path']>): string {
  return path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
}

/** A property of the object itself: types come from a log, and may be called `constructor`. */
export function own<Value>(object: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
