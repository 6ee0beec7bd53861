import { isWrittenAs } from '../../json/encode.js';
import { decodeJson, mayLoseDigits } from '../../json/parse.js';
import type { JsonObject, NumberMode } from '../../json/types.js';
import { freezeJson } from './freeze.js';

/**
 * The body of a JSON text, frozen, with plain numbers when that was asked for and no digit would be lost, else with
 * lossless ones.
 */
export function exactBody(json: string, numbers: NumberMode): JsonObject {
  let body = decodeJson(json, numbers);
  if (numbers === 'plain' && mayLoseDigits(json) && !isWrittenAs(body, json)) body = decodeJson(json, 'lossless');
  return freezeJson(body as JsonObject);
}
