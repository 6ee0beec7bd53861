import { printJson } from '../../json/print.js';
import { isJsonObject, sameValue } from '../../json/same.js';
import type { JsonObject, JsonValue } from '../../json/types.js';

/** A line of a state, and what became of it. */
export interface StateLine {
  readonly text: string;
  readonly change: 'same' | 'added' | 'changed' | 'removed';
}

/** A state on several lines, each marked by what it was in the state before; what is gone stands where it stood. */
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
  // A container that is there in both is marked where its content differs; anything else as a whole.
  if ((!bothObjects && !bothArrays) || (isEmpty && whole !== 'changed'))
    return printJson(after, 2)
      .split('\n')
      .map((text, index) => ({ text: indent + (index === 0 ? prefix : '') + text, change: whole }));
  const edge: Change = whole === 'added' ? 'added' : 'same';
  const [open, close] = bothArrays ? ['[', ']'] : ['{', '}'];
  const inner = bothArrays
    ? arrayLines(before, after, depth + 1)
    : objectLines(before as JsonObject | undefined, after as JsonObject, depth + 1);
  return [{ text: indent + prefix + open, change: edge }, ...inner, { text: indent + close, change: edge }];
}

function objectLines(before: JsonObject | undefined, after: JsonObject, depth: number): StateLine[] {
  const kept = Object.keys(after).flatMap((key) =>
    lines(own(before, key), after[key] as JsonValue, depth, `${JSON.stringify(key)}: `),
  );
  const gone = Object.keys(before ?? {}).filter((key) => !Object.hasOwn(after, key));
  return [...kept, ...gone.map((key) => removed(own(before, key), depth, `${JSON.stringify(key)}: `))];
}

/** Items are told apart by what stands between the same beginning and the same end. */
function arrayLines(before: JsonValue[] | undefined, after: JsonValue[], depth: number): StateLine[] {
  if (before === undefined) return after.flatMap((item) => lines(undefined, item, depth, ''));
  const most = Math.min(before.length, after.length);
  let begin = 0;
  while (begin < most && sameValue(before[begin] as JsonValue, after[begin] as JsonValue)) begin += 1;
  let end = 0;
  while (end < most - begin && sameValue(before.at(-1 - end) as JsonValue, after.at(-1 - end) as JsonValue)) end += 1;
  const replaced = before.slice(begin, before.length - end);
  const kept = after.flatMap((item, index) => {
    if (index < begin || index >= after.length - end) return lines(item, item, depth, '');
    return lines(replaced[index - begin], item, depth, '');
  });
  const surplus = replaced.slice(after.length - begin - end).map((item) => removed(item, depth, ''));
  return [...kept, ...surplus];
}

function removed(value: JsonValue | undefined, depth: number, prefix: string): StateLine {
  return { text: '  '.repeat(depth) + prefix + printJson(value ?? null), change: 'removed' };
}

function own(object: JsonObject | undefined, key: string): JsonValue | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}
