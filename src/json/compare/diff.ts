import { createPatch, type Operation, Pointer } from 'rfc6902';
import { commonEnds } from './aligned-items.js';
import { isJsonObject, sameValue } from './equality.js';
import type { JsonObject, JsonValue } from '../types.js';

/**
 * One difference between two JSON values: an operation of JSON Patch (RFC 6902), with the value that it removes or
 * replaces as `before`.
 */
export type Change =
  | { readonly op: 'add'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string; readonly before: JsonValue }
  | { readonly op: 'replace'; readonly path: string; readonly before: JsonValue; readonly value: JsonValue };

/**
 * Upper bound on the product of the sizes of two arrays for which the shortest edit is computed: that takes as many
 * steps.
 */
const MOST_COMPARISONS = 4_000;

/**
 * The JSON Patch that turns one value into the other; empty when they are equal. Numbers that were read without loss
 * are compared digit by digit. Neither value is changed.
 */
export function diffJson(before: JsonValue, after: JsonValue): Change[] {
  const holder: JsonObject = { root: copied(before) };
  return operations(before, after).map((operation) => apply(holder, operation));
}

/** The changes as plain operations of JSON Patch, without `before`. */
export function patchOperations(changes: readonly Change[]): JsonObject[] {
  return changes.map((change): JsonObject => {
    const { op, path } = change;
    return op === 'remove' ? { op, path } : { op, path, value: change.value };
  });
}

function operations(before: JsonValue, after: JsonValue): Operation[] {
  return createPatch(before, after, (left: JsonValue, right: JsonValue, at: Pointer) => {
    if (!isContainer(left) || !isContainer(right) || hasPrototypeKey(left) || hasPrototypeKey(right))
      return sameValue(left, right) ? [] : [{ op: 'replace', path: at.toString(), value: right }];
    if (!Array.isArray(left) || !Array.isArray(right)) return undefined;
    const most = Math.ceil(MOST_COMPARISONS / size(left, MOST_COMPARISONS));
    return size(right, most) < most ? undefined : byPosition(left, right, at);
  });
}

/**
 * The operations for long arrays, in linear time: keeps the common beginning and end, and compares what is between item by
 * item.
 */
function byPosition(left: readonly JsonValue[], right: readonly JsonValue[], at: Pointer): Operation[] {
  const { begin, end } = commonEnds(left, right, sameValue);
  const [leftEnd, rightEnd] = [left.length - end, right.length - end];
  const both = Math.min(leftEnd, rightEnd);
  const found: Operation[] = [];
  const place = (index: number) => at.add(String(index)).toString();
  for (let index = begin; index < both; index += 1)
    for (const operation of operations(left[index] as JsonValue, right[index] as JsonValue))
      found.push({ ...operation, path: place(index) + operation.path });
  for (let index = leftEnd - 1; index >= both; index -= 1) found.push({ op: 'remove', path: place(index) });
  for (let index = both; index < rightEnd; index += 1)
    found.push({ op: 'add', path: place(index), value: right[index] });
  return found;
}

/** Applies an operation to the value in `root`; returns it with the value that was there before. */
function apply(holder: JsonObject, operation: Operation): Change {
  const { op, path } = operation;
  const keys = ['root', ...Pointer.fromJSON(path).tokens.slice(1)];
  const last = keys.pop() as string;
  const parent = keys.reduce<JsonValue>((value, key) => (value as JsonObject)[key] as JsonValue, holder);
  if (op !== 'add' && op !== 'remove' && op !== 'replace') throw new Error(`${op} is not made here.`);
  const before = (parent as JsonObject)[last] as JsonValue;
  if (op === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as JsonObject)[last];
    return { op, path, before };
  }
  const value = operation.value as JsonValue;
  if (!Array.isArray(parent)) (parent as JsonObject)[last] = copied(value);
  else if (op === 'replace') parent[Number(last)] = copied(value);
  else parent.splice(last === '-' ? parent.length : Number(last), 0, copied(value));
  return op === 'add' ? { op, path, value } : { op, path, before, value };
}

function copied(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(copied);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]));
}

/** Number of values inside a value, itself included; counting stops at `most`. */
function size(value: JsonValue, most: number): number {
  let count = 1;
  if (isContainer(value))
    for (const item of Object.values(value)) {
      count += size(item, most - count);
      if (count >= most) break;
    }
  return count;
}

function isContainer(value: JsonValue): value is JsonObject | JsonValue[] {
  return Array.isArray(value) || isJsonObject(value);
}

/** True for a key `__proto__`, which the patch library loses; such an object is replaced as a whole. */
function hasPrototypeKey(value: JsonObject | JsonValue[]): boolean {
  return Object.hasOwn(value, '__proto__');
}
