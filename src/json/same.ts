import { compareNumber } from 'lossless-json';
import { ExactNumber } from './exact-number.js';
import { parseJsonText } from './parse.js';
import type { JsonObject, JsonValue } from './types.js';

/** Whether two JSON texts mean the same value: numbers compared digit by digit, keys in any order. */
export function sameJson(left: string, right: string): boolean {
  return left === right || same(parseJsonText(left), parseJsonText(right));
}

function same(left: JsonValue, right: JsonValue): boolean {
  if (left instanceof ExactNumber && right instanceof ExactNumber) return compareNumber(left.text, right.text) === 0;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => same(item, right[index] as JsonValue));
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    return keys.every((key) => Object.hasOwn(right, key) && same(left[key] as JsonValue, right[key] as JsonValue));
  }
  return left === right;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
