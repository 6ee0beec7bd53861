import { isJsonObject } from './equality.js';
import type { JsonObject, JsonValue } from '../types.js';

/** The objects that nobody else holds, and which may therefore be changed. */
export type OwnObjects = WeakSet<object>;

/**
 * Applies a JSON Merge Patch (RFC 7396): members of the patch replace or extend those of the target, `null` removes.
 * Changes the target in place, so that folding a long history costs the size of the patches, not of the state; with
 * `copy` the target stays as it is, and untouched parts are shared; with some own objects only those are changed, and the copies
 * of others are added to them. Own code, because the packages for it set
 * `__proto__` through the prototype and take an {@link ExactNumber} apart.
 */
export function mergePatch(
  target: JsonValue | undefined,
  patch: JsonValue,
  mode: 'change' | 'copy' | OwnObjects = 'change',
): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = !isJsonObject(target) ? {} : mayChange(target, mode) ? target : { ...target };
  if (typeof mode === 'object') mode.add(merged);
  for (const key of Object.keys(patch)) {
    const value = patch[key] as JsonValue;
    if (value === null) delete merged[key];
    else set(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value, mode));
  }
  return merged;
}

function mayChange(target: JsonObject, mode: 'change' | 'copy' | OwnObjects): boolean {
  return typeof mode === 'object' ? mode.has(target) : mode === 'change';
}

/** Sets an own property, also one that is called `__proto__`. */
function set(object: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
