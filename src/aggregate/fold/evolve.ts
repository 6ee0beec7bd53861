import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type CommittedEvent, eventRef } from '../../events.js';
import { callHandler } from './call-handler.js';
import { pathText } from '../../json/path-text.js';
import type { Definition } from '../definition/definition.js';
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

/**
 * The state after one more event, frozen: its body is brought to the newest shape by the upcaster for its type, checked
 * and perhaps transformed by the schema, and given to the handler. Throws {@link InvalidHandlerError} for a type without
 * a handler, `HandlerError` and {@link EventSchemaError}. Mirrors `Maestro.Aggregate.EventHandler.apply`.
 */
export function evolve(definition: Definition, state: unknown, event: CommittedEvent): unknown {
  const { name, file, events } = definition;
  const { type, aggregateId, sequence } = event;
  const about: HandlerRef = { aggregate: name, handler: 'event', type, aggregateId: aggregateId.hex, sequence, file };
  const handler = ownProperty(events, type);
  if (handler === undefined) throw new InvalidHandlerError(about, Object.keys(events));
  const body = newestBody(definition, event, about);
  const next = callHandler(about, () => handler(state, body));
  deepFreeze(next);
  return next;
}

function newestBody(definition: Definition, event: CommittedEvent, about: HandlerRef): unknown {
  const { body: stored, ...facts } = event;
  const upcaster = ownProperty(definition.upcasters, event.type);
  const schema = ownProperty(definition.schemas, event.type);
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
  const result = callHandler({ ...about, handler: 'schema' }, () =>
    schema['~standard'].validate(body),
  ) as StandardSchemaV1.Result<unknown>;
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ path = [], message }) => ({ path: pathText('', keysOf(path)), message }));
  throw new EventSchemaError(eventRef(event), name, issues, file);
}

function keysOf(path: NonNullable<StandardSchemaV1.Issue['path']>): (string | number)[] {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return keys.map((key) => (typeof key === 'symbol' ? String(key) : key));
}
