import { isJsonObject } from './equality.js';
import type { JsonObject, JsonValue } from '../types.js';

/**
 * Applies a JSON Merge Patch (RFC 7396): members of the patch replace or extend those of the target, `null` removes.
 * Changes the target in place, so that folding a long history costs the size of the patches, not of the state; with
 * `copy` the target stays as it is, and untouched parts are shared. Own code, because the packages for it set
 * `__proto__` through the prototype and take an {@link ExactNumber} apart.
 */
export function mergePatch(
  target: JsonValue | undefined,
  patch: JsonValue,
  mode: 'change' | 'copy' = 'change',
): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? (mode === 'copy' ? { ...target } : target) : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key] as JsonValue;
    if (value === null) delete merged[key];
    else set(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value, mode));
  }
  return merged;
}

/** Sets an own property, also one that is called `__proto__`. */
function set(object: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
