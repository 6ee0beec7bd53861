import { isWrittenAs } from '../../json/encode.js';
import { decodeJson, mayLoseDigits } from '../../json/parse.js';
import type { JsonObject, NumberMode } from '../../json/types.js';
import { apart, type BodyAndMetadata } from '../../store/event-metadata.js';
import { freezeJson } from './freeze.js';

/**
 * The body and the metadata of a JSON text, frozen, with plain numbers when that was asked for and no digit would be lost,
 * else with lossless ones.
 */
export function exactBody(json: string, numbers: NumberMode): BodyAndMetadata {
  let body = decodeJson(json, numbers);
  if (numbers === 'plain' && mayLoseDigits(json) && !isWrittenAs(body, json)) body = decodeJson(json, 'lossless');
  return freezeJson(apart(body as JsonObject));
}
