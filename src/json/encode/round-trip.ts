import { decodeJson } from '../parse.js';
import type { JsonObject, NumberMode } from '../types.js';
import { withoutExponents } from './without-exponents.js';

/**
 * The JSON text that a later read of an encoded object sees: with lossless numbers, PostgreSQL has written their
 * exponents out.
 */
export function storedText(json: string, numbers: NumberMode): string {
  return numbers === 'lossless' ? withoutExponents(json) : json;
}

/** The object that a later read of an encoded object returns. */
export function readBack(json: string, numbers: NumberMode): JsonObject {
  return decodeJson(storedText(json, numbers), numbers) as JsonObject;
}
