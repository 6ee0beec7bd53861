import { numberFault, stringFault } from './scalars.js';
import { jsonTokens } from '../text/tokens.js';
import type { JsonFault } from '../types.js';

/** A number in a JSON text. */
export interface FoundNumber {
  /** Path to it: keys and places from the outermost value inwards. */
  readonly path: JsonFault['path'];
  /** The number as it is written. */
  readonly text: string;
}

/**
 * The first reason why PostgreSQL would refuse a string or number of a valid JSON text, or would never
 * print in this form;
 * `undefined` when there is none. Does not parse the text into a value.
 */
export function scalarFault(text: string): string | undefined {
  for (const { text: token } of jsonTokens(text)) {
    const fault = token.startsWith('"')
      ? stringFault(JSON.parse(token) as string)
      : /[-\d]/.test(token[0] ?? '')
        ? (numberFault(token) ?? (/[eE]/.test(token) ? 'has an exponent, which PostgreSQL never prints' : undefined))
        : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The numbers of a valid JSON text, in its order. Not recursive, so the stack does not limit the nesting. */
export function* numbersIn(text: string): Generator<FoundNumber> {
  const path: (string | number)[] = [];
  for (const { text: token, isKey } of jsonTokens(text)) {
    const last = path.length - 1;
    if (token === '{') path.push('');
    else if (token === '[') path.push(0);
    else if (token === '}' || token === ']') path.pop();
    else if (token === ',') {
      const at = path[last];
      if (typeof at === 'number') path[last] = at + 1;
    } else if (isKey) path[last] = JSON.parse(token) as string;
    else if (!token.startsWith('"')) yield { path: [...path], text: token };
  }
}
