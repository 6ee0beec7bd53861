import { isPlainObject } from '../../json/encode/plain-object.js';

/** Objects that were deeply frozen, with the result of {@link deepFreeze}. */
const frozen = new WeakMap<object, boolean>();
/** The maps and sets whose changing methods throw. */
const locked = new WeakSet();

/**
 * Deeply freezes a value: plain objects, arrays, maps and sets. States are shared between callers, so whoever tries to
 * change one gets a TypeError instead of changing it for everyone. Dates and instances of other classes are left alone,
 * since they may not work when frozen; the result is false when the value contains such an instance.
 *
 * Objects that were frozen before are not walked again, so freezing the next state costs as much as making it did.
 */
export function deepFreeze(value: unknown): boolean {
  if (!isObject(value) || freezeFlat(value)) return true;
  const known = frozen.get(value);
  if (known !== undefined) return known;
  // In a list instead of by recursion: a state may be nested deeper than the stack.
  const found: object[] = [value];
  const seen = new Set(found);
  let isSafe = true;
  for (const each of found) {
    const parts = frozenParts(each);
    if (parts === undefined) isSafe = false;
    for (const part of parts ?? []) {
      if (!isObject(part) || seen.has(part)) continue;
      const isKnown = frozen.get(part);
      if (isKnown === undefined) {
        seen.add(part);
        found.push(part);
      } else isSafe &&= isKnown;
    }
  }
  // When something is unsafe, only the root is recorded: its parts may be safe or not.
  if (isSafe) for (const each of found) frozen.set(each, true);
  else frozen.set(value, false);
  return isSafe;
}

/** Freezes a plain object that holds no other objects, as most states are, at a fraction of the cost. False for any other value. */
function freezeFlat(value: object): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) if (isObject((value as Record<string, unknown>)[key])) return false;
  Object.freeze(value);
  return true;
}

/** Deeply freezes a value that was read from JSON; returns it. */
export function freezeJson<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeJson(part);
  return Object.freeze(value);
}

/** Freezes one object and returns its parts; `undefined` for one that must be left alone. */
function frozenParts(value: object): readonly unknown[] | undefined {
  if (value instanceof Date || typeof value === 'function') return [];
  if (isMap(value) && lock(value, ['set', 'delete', 'clear'])) return [...value.keys(), ...value.values()];
  if (isSet(value) && lock(value, ['add', 'delete', 'clear'])) return [...value.values()];
  if (!Array.isArray(value) && !isPlainObject(value)) return undefined;
  Object.freeze(value);
  return Object.values<unknown>(value as Readonly<Record<string, unknown>>);
}

/**
 * Makes the methods that change a map or set throw. False for one that somebody else has frozen: it cannot be changed
 * so.
 */
function lock(value: object, methods: readonly string[]): boolean {
  if (locked.has(value)) return true;
  if (Object.isFrozen(value)) return false;
  for (const method of methods)
    Object.defineProperty(value, method, {
      value: () => {
        throw new TypeError(`Cannot ${method} on a frozen state; change a copy instead.`);
      },
    });
  Object.freeze(value);
  locked.add(value);
  return true;
}

function isMap(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map;
}

function isSet(value: unknown): value is Set<unknown> {
  return value instanceof Set;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
