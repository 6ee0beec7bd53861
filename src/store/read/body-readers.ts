import { decodeJson } from '../../json/parse.js';
import type { JsonObject, NumberMode } from '../../json/types.js';

/**
 * A decoder of bodies, called for each as it arrives, so that the JSON texts of a large result are not held as well.
 */
export function bodyReader(numbers: NumberMode): (text: string) => JsonObject {
  return (text) => decodeJson(text, numbers) as JsonObject;
}

/** Leaves a body as JSON text. */
export function asText(text: string): string {
  return text;
}
