import { alignedItems } from '../../../json/aligned-items.js';
import { printJson } from '../../../json/print.js';
import { isJsonObject, sameValue } from '../../../json/equality.js';
import type { JsonObject, JsonValue } from '../../../json/types.js';

/** A line of a state, with its change since the state before. */
export interface StateLine {
  readonly text: string;
  readonly change: 'same' | 'added' | 'changed' | 'removed';
  /** The value before, if it fits on one line. */
  readonly was?: string;
}

/** The lines of a state, each marked with its change since the state before; removed values are listed at their old place. */
export function stateLines(before: JsonValue | undefined, after: JsonValue): StateLine[] {
  return lines(before, after, 0, '');
}

type Change = StateLine['change'];

/** The lines of a value; the first begins with a prefix, such as its key. */
function lines(before: JsonValue | undefined, after: JsonValue, depth: number, prefix: string): StateLine[] {
  const indent = '  '.repeat(depth);
  const whole: Change = before === undefined ? 'added' : sameValue(before, after) ? 'same' : 'changed';
  const bothObjects = isJsonObject(after) && (before === undefined || isJsonObject(before));
  const bothArrays = Array.isArray(after) && (before === undefined || Array.isArray(before));
  const isEmpty = (bothObjects && Object.keys(after).length === 0) || (bothArrays && after.length === 0);
  // A container in both states is marked inside, where it differs; anything else as a whole.
  if ((!bothObjects && !bothArrays) || (isEmpty && whole !== 'changed')) {
    const [first = '', ...others] = printJson(after, 2).split('\n');
    const was = whole === 'changed' && before !== undefined && !isContainer(before) ? { was: printJson(before) } : {};
    return [
      { text: indent + prefix + first, change: whole, ...was },
      ...others.map((text): StateLine => ({ text: indent + text, change: whole })),
    ];
  }
  const edge: Change = whole === 'added' ? 'added' : 'same';
  const [open, close] = bothArrays ? ['[', ']'] : ['{', '}'];
  const inner = bothArrays
    ? arrayLines(before, after, depth + 1)
    : objectLines(before as JsonObject | undefined, after as JsonObject, depth + 1);
  return [{ text: indent + prefix + open, change: edge }, ...inner, { text: indent + close, change: edge }];
}

function objectLines(before: JsonObject | undefined, after: JsonObject, depth: number): StateLine[] {
  const gone = goneKeys(before ?? {}, after);
  const goneBehind = (key: string | undefined) =>
    (gone.get(key) ?? []).map((each) => removed(own(before, each), depth, `${JSON.stringify(each)}: `));
  const kept = Object.keys(after).flatMap((key) => [
    ...lines(own(before, key), after[key] as JsonValue, depth, `${JSON.stringify(key)}: `),
    ...goneBehind(key),
  ]);
  return [...goneBehind(undefined), ...kept];
}

/** Removed keys, by the remaining key that they followed; under `undefined` those that were first. */
function goneKeys(before: JsonObject, after: JsonObject): Map<string | undefined, string[]> {
  const gone = new Map<string | undefined, string[]>();
  let behind: string | undefined;
  for (const key of Object.keys(before))
    if (Object.hasOwn(after, key)) behind = key;
    else gone.set(behind, [...(gone.get(behind) ?? []), key]);
  return gone;
}

function arrayLines(before: JsonValue[] | undefined, after: JsonValue[], depth: number): StateLine[] {
  return alignedItems(before ?? [], after, sameValue).flatMap(({ before: old, after: now }) =>
    now === undefined ? removed(old, depth, '') : lines(old, now, depth, ''),
  );
}

function removed(value: JsonValue | undefined, depth: number, prefix: string): StateLine {
  return { text: '  '.repeat(depth) + prefix + printJson(value ?? null), change: 'removed' };
}

function own(object: JsonObject | undefined, key: string): JsonValue | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

function isContainer(value: JsonValue): boolean {
  return Array.isArray(value) || isJsonObject(value);
}
