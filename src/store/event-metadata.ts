import { METADATA_KEY } from '../events.js';
import { encodeJson, type EncodedJson } from '../json/encode/encode.js';
import { isPlainObject } from '../json/encode/plain-object.js';
import { splitMember } from '../json/text/split-member.js';
import type { JsonObject } from '../json/types.js';

/** A body without its metadata, and the metadata if there is any. */
export interface BodyAndMetadata {
  readonly body: JsonObject;
  readonly metadata?: JsonObject;
}

/** True for metadata that an event is stored with: an empty object counts as none. */
export function isMetadata(metadata: unknown): boolean {
  if (metadata === undefined) return false;
  if (typeof metadata !== 'object' || metadata === null || !isPlainObject(metadata)) return true;
  return Reflect.ownKeys(metadata).length > 0;
}

/** The JSON text of a body that has nothing but this metadata; or its faults, with paths from the body inwards. */
export function encodeMetadata(metadata: object): EncodedJson {
  return encodeJson({ [METADATA_KEY]: metadata });
}

/** The JSON text of a body, which has no metadata yet, with the metadata as {@link encodeMetadata} encodes it. */
export function joinMetadata(body: string, metadata: string): string {
  return body === '{}' ? metadata : `${body.slice(0, -1)},${metadata.slice(1)}`;
}

/**
 * A stored body and, when it has a JSON object as its {@link METADATA_KEY}, the metadata apart from the body. Whatever else
 * somebody stored under that key stays in the body.
 */
export function apart(stored: JsonObject): BodyAndMetadata {
  if (!hasMetadataKey(stored)) return { body: stored };
  const { [METADATA_KEY]: metadata, ...body } = stored;
  return isJsonObject(metadata) ? { body, metadata } : { body: stored };
}

/** True for a stored body with the {@link METADATA_KEY}; with SQL any JSON can be stored as a body, null too. */
export function hasMetadataKey(stored: unknown): boolean {
  return typeof stored === 'object' && stored !== null && Object.hasOwn(stored, METADATA_KEY);
}

/** {@link apart} for a body as text; no character of it is changed. */
export function textApart(stored: string): { readonly body: string; readonly metadata?: string } {
  const split = splitMember(stored, METADATA_KEY);
  return split?.value.startsWith('{') === true ? { body: split.rest, metadata: split.value } : { body: stored };
}

/** True for a JSON object: no array, and not an exact number either, which is an object in JavaScript only. */
function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && isPlainObject(value);
}
