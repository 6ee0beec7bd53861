import { isDeepStrictEqual, types } from 'node:util';
import { ExactNumber } from '../../json/exact-number.js';
import { isPlainObject } from '../../json/encode/plain-object.js';
import { sameValue } from '../../json/compare/equality.js';

/** A place at which two states differ. */
export interface Difference {
  /** Keys and array indexes from the outermost value inwards. */
  readonly path: readonly (string | number)[];
  /** Kind of the value at that place, such as `a bigint`. */
  readonly kind: string;
  /** The difference, to be read after the path: `is a bigint, but is read as a number`. */
  readonly message: string;
}

/** Two values to compare, and the path to them. */
interface Pair {
  readonly before: unknown;
  readonly after: unknown;
  readonly place: Place | undefined;
}

/** The last key of a path, and the path before it. */
interface Place {
  readonly key: string | number;
  readonly outer: Place | undefined;
}

/**
 * The first place at which two states differ; `undefined` when they are the same. Compares what handlers can tell
 * apart: kinds of values, classes, contents of maps and sets; not the order of keys, and not a key that is undefined
 * from a missing one. Parts that cannot be inspected (functions, private fields) count as the same.
 */
export function firstDifference(before: unknown, after: unknown): Difference | undefined {
  // In a list instead of by recursion: a state may be nested deeper than the stack, and may contain itself.
  const pairs: Pair[] = [{ before, after, place: undefined }];
  const met = new Map<unknown, unknown>();
  for (const pair of pairs) {
    const { before, after } = pair;
    if (Object.is(before, after) || (met.has(before) && met.get(before) === after)) continue;
    const message = differenceOf(pair, pairs);
    if (message !== undefined) return { path: pathOf(pair.place), kind: named(before), message };
    if (isObject(before)) met.set(before, after);
  }
  return undefined;
}

/** Compares a pair without looking inside, and adds the pairs inside to the list. */
function differenceOf({ before, after, place }: Pair, pairs: Pair[]): string | undefined {
  const [kind, other] = [named(before), named(after)];
  if (after === undefined) return `is ${kind}, but is missing when read`;
  if (before === undefined) return `is missing, but is read as ${other}`;
  if (kind !== other) return `is ${kind}, but is read as ${other}`;
  const within = (key: string | number, left: unknown, right: unknown) =>
    pairs.push({ before: left, after: right, place: { key, outer: place } });
  if (!isObject(before) || !isObject(after))
    return before === after || typeof before === 'symbol' || typeof before === 'function' ? undefined : OTHER_VALUE;
  if (before instanceof ExactNumber && after instanceof ExactNumber)
    return sameValue(before, after) ? undefined : OTHER_VALUE;
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return `has ${before.length} items, but is read with ${after.length}`;
    before.forEach((item: unknown, index) => within(index, item, after[index]));
    return undefined;
  }
  if (types.isMap(before) && types.isMap(after)) return differenceOfMaps(before, after, within);
  if (types.isSet(before) && types.isSet(after)) return differenceOfMaps(toMap(before), toMap(after), within);
  if (types.isDate(before) || types.isRegExp(before) || ArrayBuffer.isView(before) || types.isBoxedPrimitive(before))
    return isDeepStrictEqual(before, after) ? undefined : OTHER_VALUE;
  if (!isPlainObject(before) && Object.getPrototypeOf(before) !== Object.getPrototypeOf(after))
    return `is ${kind}, but is read as ${other} of another class with that name`;
  // A key such as "constructor" is missing in one of them and not in the other.
  if (hasPrototype(before) !== hasPrototype(after))
    return `is an object ${hasPrototype(before) ? 'with' : 'without'} a prototype, but is read as one ${hasPrototype(after) ? 'with' : 'without'}`;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    within(key, ownValue(before, key), ownValue(after, key));
  return undefined;
}

const OTHER_VALUE = 'is read with another value';

function differenceOfMaps(
  before: ReadonlyMap<unknown, unknown>,
  after: ReadonlyMap<unknown, unknown>,
  within: (key: string | number, left: unknown, right: unknown) => void,
): string | undefined {
  if (before.size !== after.size) return `has ${before.size} entries, but is read with ${after.size}`;
  // Keys that are objects have no names; they are compared in order.
  const others = [...after.keys()];
  let index = 0;
  for (const [key, value] of before) {
    const other = others[index];
    index += 1;
    if (isObject(key)) {
      if (!isDeepStrictEqual(key, other)) return 'is read with other keys';
      within(index - 1, value, after.get(other));
    } else if (after.has(key)) within(String(key), value, after.get(key));
    else return `is read without one of its keys or items, ${named(key)}`;
  }
  return undefined;
}

function toMap(set: ReadonlySet<unknown>): ReadonlyMap<unknown, unknown> {
  return new Map([...set].map((item) => [item, true]));
}

function ownValue(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Readonly<Record<string, unknown>>)[key] : undefined;
}

function pathOf(place: Place | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.outer) path.push(at.key);
  return path.reverse();
}

/** A kind of value with its article: `a bigint`, `an array`, `a Date`. */
function named(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (!isObject(value)) return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  if (isPlainObject(value)) return 'an object';
  const name: unknown = value.constructor?.name;
  if (typeof name !== 'string' || name === '') return 'an instance of a class';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

function hasPrototype(value: object): boolean {
  return Object.getPrototypeOf(value) !== null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
