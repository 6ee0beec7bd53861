import { alignedItems } from '../json/compare/aligned-items.js';
import { pointerTo } from '../json/path/pointer.js';
import { printJson } from '../json/print.js';
import { isJsonObject, sameValue } from '../json/compare/equality.js';
import type { JsonObject, JsonValue } from '../json/types.js';

/** A line of a state, with its change since the state before. */
export interface StateLine {
  readonly text: string;
  readonly change: 'same' | 'added' | 'changed' | 'removed';
  /** The value before, if it fits on one line. */
  readonly was?: string;
  /** The place of the value that begins on this line, as a JSON Pointer (RFC 6901); absent on other lines and for removed items of lists. */
  readonly path?: string;
}

/** The lines of a state, each marked with its change since the state before; removed values are listed at their old place. */
export function stateLines(before: JsonValue | undefined, after: JsonValue): StateLine[] {
  return lines(before, after, { depth: 0, prefix: '', path: '' });
}

type Change = StateLine['change'];

/** The place of a value: its depth, the text before it on its line, such as its key, and its JSON Pointer. */
interface Place {
  readonly depth: number;
  readonly prefix: string;
  readonly path: string;
}

/** The lines of a value at its place. */
function lines(before: JsonValue | undefined, after: JsonValue, { depth, prefix, path }: Place): StateLine[] {
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
      { text: indent + prefix + first, change: whole, path, ...was },
      ...others.map((text): StateLine => ({ text: indent + text, change: whole })),
    ];
  }
  const edge: Change = whole === 'added' ? 'added' : 'same';
  const [open, close] = bothArrays ? ['[', ']'] : ['{', '}'];
  const inner = bothArrays
    ? arrayLines(before, after, depth + 1, path)
    : objectLines(before as JsonObject | undefined, after as JsonObject, depth + 1, path);
  return [{ text: indent + prefix + open, change: edge, path }, ...inner, { text: indent + close, change: edge }];
}

function objectLines(before: JsonObject | undefined, after: JsonObject, depth: number, path: string): StateLine[] {
  const gone = goneKeys(before ?? {}, after);
  const goneBehind = (key: string | undefined) =>
    (gone.get(key) ?? []).map((each) => ({
      ...removed(own(before, each), depth, `${JSON.stringify(each)}: `),
      path: pointerTo(path, each),
    }));
  const kept = Object.keys(after).flatMap((key) => [
    ...lines(own(before, key), after[key] as JsonValue, {
      depth,
      prefix: `${JSON.stringify(key)}: `,
      path: pointerTo(path, key),
    }),
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

function arrayLines(before: JsonValue[] | undefined, after: JsonValue[], depth: number, path: string): StateLine[] {
  let index = 0;
  return alignedItems(before ?? [], after, sameValue).flatMap(({ before: old, after: now }) => {
    if (now === undefined) return removed(old, depth, '');
    const place = { depth, prefix: '', path: pointerTo(path, String(index)) };
    index += 1;
    return lines(old, now, place);
  });
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
