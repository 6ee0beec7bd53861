import { ExactNumber } from './exact-number.js';
import type { JsonObject, JsonValue } from './types.js';

/**
 * Applies a JSON Merge Patch (RFC 7396): members of the patch replace or extend those of the target, `null` removes.
 * Changes the target where it can, so that folding a long history costs what the patches hold, not what the state
 * holds. Own code because the packages that do it set `__proto__` through the prototype and take an
 * {@link ExactNumber} apart.
 */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? target : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key] as JsonValue;
    if (value === null) delete merged[key];
    else set(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** Sets an own property, also one that is called `__proto__`. */
function set(object: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
