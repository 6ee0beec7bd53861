import { decodeJson } from './parse.js';
import type { JsonObject, NumberMode } from './types.js';
import { withoutExponents } from './without-exponents.js';

/** The JSON text of an object as a read of it with these numbers sees it: those that are read without loss, as PostgreSQL prints them. */
export function storedText(json: string, numbers: NumberMode): string {
  return numbers === 'lossless' ? withoutExponents(json) : json;
}

/** The body that comes back when a JSON text is stored and read. */
export function readBack(json: string, numbers: NumberMode): JsonObject {
  return decodeJson(storedText(json, numbers), numbers) as JsonObject;
}
