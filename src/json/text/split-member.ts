import { endOfString } from './tokens.js';

/** A JSON object as text, without one of its members, and the value of that. */
export interface SplitObject {
  readonly rest: string;
  readonly value: string;
}

/** Matches a string, a bracket or a comma; what else there is of JSON stands between those. */
const MARK = /["[\]{},]/g;

/**
 * Takes a member out of the text of a JSON object without changing a character of either; `undefined` when the text has no
 * such member, or is no object.
 */
export function splitMember(text: string, key: string): SplitObject | undefined {
  const name = JSON.stringify(key);
  if (!text.includes(name)) return undefined;
  const marks = new RegExp(MARK);
  let depth = 0;
  /** The places where the name of the member begins, and its value. */
  let found: { readonly begin: number; readonly value: number } | undefined;
  for (let match = marks.exec(text); match !== null; match = marks.exec(text)) {
    const [mark] = match;
    const { index } = match;
    if (mark === '"') {
      marks.lastIndex = endOfString(text, index);
      const colon = found === undefined && depth === 1 && text.startsWith(name, index) ? colonAfter(text, marks) : 0;
      if (colon > 0) found = { begin: index, value: colon };
    } else if (mark === '{' || mark === '[') {
      if (depth === 0 && mark === '[') return undefined;
      depth += 1;
    } else if (mark === ',') {
      if (depth === 1 && found !== undefined) return split(text, found, index);
    } else {
      depth -= 1;
      if (depth === 0) return found === undefined ? undefined : split(text, found, index);
    }
  }
  return undefined;
}

/** The index after the colon behind a string that was just read; 0 when there is none, since the string is a value. */
function colonAfter(text: string, { lastIndex }: RegExp): number {
  const colon = /\s*:\s*/y;
  colon.lastIndex = lastIndex;
  return colon.test(text) ? colon.lastIndex : 0;
}

/** Splits at a member that ends before `end`, where a comma or the end of the object is. */
function split(
  text: string,
  { begin, value }: { readonly begin: number; readonly value: number },
  end: number,
): SplitObject {
  const before = text.slice(0, begin);
  const after = text.slice(end);
  const rest = after.startsWith(',') ? before + after.slice(1).trimStart() : before.trimEnd().replace(/,$/, '') + after;
  return { rest, value: text.slice(value, end).trimEnd() };
}
