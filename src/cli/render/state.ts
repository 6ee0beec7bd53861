import { inspect } from 'node:util';
import { encodeJson } from '../../json/encode.js';
import { parseJsonText } from '../../json/parse.js';
import { printJson } from '../../json/print.js';

/**
 * A state as JSON text. One that is not plain JSON (with a Map, a Date or undefined in it) is shown as `JSON.stringify`
 * does, or else as Node.js prints it: this is for looking at, not for storing.
 */
export function stateJson(state: unknown): string {
  const encoded = encodeJson(state);
  if ('text' in encoded) return encoded.text;
  try {
    return JSON.stringify(state) ?? 'null';
  } catch {
    return JSON.stringify(inspect(state));
  }
}

/** JSON text on several lines, its numbers digit for digit. */
export function indented(json: string): string {
  return printJson(parseJsonText(json), 2);
}
