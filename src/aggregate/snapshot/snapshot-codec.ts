import type { Snapshot } from '../../events.js';
import type { JsonObject, JsonValue } from '../../json/types.js';
import { VERSION_MARK as MARK } from '../../store/commit/interop.js';
import { callHandler } from '../fold/call-handler.js';
import type { Definition } from '../definition/definition.js';
import type { HandlerRef } from '../errors.js';
import { deepFreeze } from '../fold/freeze.js';

/**
 * Encodes a state as the body of a snapshot: the result of `encode`, without a version stored as it is (as Elixir
 * Maestro does), else as `{"$maestro": {"version"}, "state"}`. Throws `HandlerError`.
 */
export function snapshotBody(
  definition: Definition,
  state: unknown,
  about: Pick<Snapshot, 'aggregateId' | 'sequence'>,
): object {
  const { encode, version } = definition.snapshot;
  const json = encode === undefined ? state : callHandler(handlerRef(definition, 'encode', about), () => encode(state));
  // The store checks whether it can be stored, and names each fault.
  return version === undefined ? (json as object) : { [MARK]: { version }, state: json };
}

/**
 * Decodes a stored snapshot into a state, frozen; `undefined` when its version is not the definition's, so that it must
 * not be used. Throws `HandlerError`.
 */
export function snapshotState(definition: Definition, snapshot: Snapshot): { readonly state: unknown } | undefined {
  const { decode } = definition.snapshot;
  const json = jsonOfVersion(definition, snapshot.body);
  if (json === undefined) return undefined;
  const about = handlerRef(definition, 'decode', snapshot);
  const state = decode === undefined ? json : callHandler(about, () => decode(json));
  deepFreeze(state);
  return { state };
}

/** The result of `encode` inside the body of a snapshot; `undefined` when its version is not the definition's. */
export function jsonOfVersion({ snapshot: { version } }: Definition, body: JsonObject): JsonValue | undefined {
  const mark = Object.hasOwn(body, MARK) ? body[MARK] : undefined;
  if (version === undefined) return mark === undefined ? body : undefined;
  if (!isObject(mark) || mark['version'] !== version) return undefined;
  return body['state'];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function handlerRef(
  { name, file }: Definition,
  handler: 'encode' | 'decode',
  { aggregateId, sequence }: Pick<Snapshot, 'aggregateId' | 'sequence'>,
): HandlerRef {
  return { aggregate: name, handler, aggregateId: aggregateId.hex, sequence, file };
}
