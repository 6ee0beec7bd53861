import { isPlainObject } from '../../json/plain-object.js';

/** What has been frozen all the way down, and whether all of it could be. */
const frozen = new WeakMap<object, boolean>();
/** The maps and sets whose methods were taken away. */
const locked = new WeakSet();

/**
 * Makes a value unchangeable: plain objects, arrays, maps and sets, all the way down. States are shared between
 * callers, so whoever tries to change one gets a TypeError instead of changing it for everyone. Dates are left alone, as
 * are instances of other classes, which may not work when they are frozen. False when there is one of those in it.
 *
 * What was frozen before is not looked into again, so freezing the next state costs as much as making it did.
 */
export function deepFreeze(value: unknown): boolean {
  if (!isObject(value)) return true;
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
  // Only the whole is noted, unless all is well: a part of something unsafe may be safe or not.
  if (isSafe) for (const each of found) frozen.set(each, true);
  else frozen.set(value, false);
  return isSafe;
}

/** Makes what was read from JSON unchangeable, all the way down; gives it back. */
export function freezeJson<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeJson(part);
  return Object.freeze(value);
}

/** Freezes one object and gives what it holds; `undefined` for one that must be left alone. */
function frozenParts(value: object): readonly unknown[] | undefined {
  if (value instanceof Date || typeof value === 'function') return [];
  if (isMap(value) && lock(value, ['set', 'delete', 'clear'])) return [...value.keys(), ...value.values()];
  if (isSet(value) && lock(value, ['add', 'delete', 'clear'])) return [...value.values()];
  if (!Array.isArray(value) && !isPlainObject(value)) return undefined;
  Object.freeze(value);
  return Object.values<unknown>(value as Readonly<Record<string, unknown>>);
}

/** Has the methods that would change a map or set throw. False for one that somebody else has frozen: it cannot be. */
function lock(value: object, methods: readonly string[]): boolean {
  if (locked.has(value)) return true;
  if (Object.isFrozen(value)) return false;
  for (const method of methods)
    Object.defineProperty(value, method, {
      value: () => {
        throw new TypeError(`Cannot ${method} on a state that is frozen; make a copy and change that.`);
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
