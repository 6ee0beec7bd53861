import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type CommittedEvent, eventRef } from '../../events.js';
import { pathText } from '../../json/path/path-text.js';
import type { Definition, Upcaster } from '../definition/definition.js';
import { EventSchemaError, type HandlerRef } from '../errors.js';
import { bigintAdvice, keysOf } from './bigint-advice.js';
import { callHandler } from './call-handler.js';
import { ownProperty } from './own-property.js';

/** The handler of an event, for errors; `newest` is the newest name of the event's type, `undefined` when none handles it. */
export function eventHandlerOf(
  { name, file }: Definition,
  { type, aggregateId, sequence }: Pick<CommittedEvent, 'type' | 'aggregateId' | 'sequence'>,
  newest: string | undefined,
): HandlerRef {
  const about: HandlerRef = { aggregate: name, handler: 'event', type, aggregateId: aggregateId.hex, sequence, file };
  return newest === undefined || newest === type ? about : { ...about, as: newest };
}

/**
 * The body of an event as its handler gets it: converted by the upcaster for its type, checked and perhaps transformed by
 * the schema; `newest` is the newest name of the type. Throws `HandlerError` and {@link EventSchemaError}.
 */
export function newestBody(definition: Definition, newest: string, event: CommittedEvent, about: HandlerRef): unknown {
  const upcaster = ownProperty(definition.upcasters, newest);
  const schema = ownProperty(definition.schemas, newest);
  const body = upcaster === undefined ? event.body : upcastBody(upcaster, event, about);
  return schema === undefined ? body : checkedBody(schema, body, definition, event, about);
}

function upcastBody(upcaster: Upcaster, { body, ...facts }: CommittedEvent, about: HandlerRef): unknown {
  return callHandler({ ...about, handler: 'upcaster' }, () => upcaster(body, facts));
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
