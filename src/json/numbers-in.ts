import { numberFault, stringFault } from './scalars.js';
import type { JsonFault } from './types.js';

/** A number of a JSON text. */
export interface FoundNumber {
  /** Where it is: keys and places from the outermost value inwards. */
  readonly path: JsonFault['path'];
  /** The number as it is written. */
  readonly text: string;
}

/** A string with the colon behind it when it is a key, a number, or a bracket or comma; nothing else matters. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|[[\]{},]/g;

/**
 * Why PostgreSQL would not take the strings and numbers of a valid JSON text, or never print them so, looked for without making
 * a value of it; `undefined` when there is nothing.
 */
export function scalarFault(text: string): string | undefined {
  for (const { 0: token, 1: colon = '' } of text.matchAll(TOKEN)) {
    const isString = token.startsWith('"');
    const fault = isString
      ? stringFault(JSON.parse(token.slice(0, token.length - colon.length)) as string)
      : /[-\d]/.test(token[0] ?? '')
        ? (numberFault(token) ?? (/[eE]/.test(token) ? 'has an exponent, which PostgreSQL never prints' : undefined))
        : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * The numbers of a valid JSON text, in its order, however deeply they are nested: nothing here calls itself, so the stack does
 * not limit it.
 */
export function* numbersIn(text: string): Generator<FoundNumber> {
  const path: (string | number)[] = [];
  for (const { 0: token, 1: colon } of text.matchAll(TOKEN)) {
    const last = path.length - 1;
    if (token === '{') path.push('');
    else if (token === '[') path.push(0);
    else if (token === '}' || token === ']') path.pop();
    else if (token === ',') {
      const at = path[last];
      if (typeof at === 'number') path[last] = at + 1;
    } else if (colon !== undefined) path[last] = JSON.parse(token.slice(0, -colon.length)) as string;
    else if (!token.startsWith('"')) yield { path: [...path], text: token };
  }
}
