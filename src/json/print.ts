import { stringify } from 'lossless-json';
import { ExactNumber } from './exact-number.js';
import type { JsonValue } from './types.js';

const exactNumbers = [
  {
    test: (value: unknown) => value instanceof ExactNumber,
    stringify: (value: unknown) => (value as ExactNumber).text,
  },
];

/** JSON text of a value that may hold exact numbers: compact, or indented by `indent` spaces. */
export function printJson(value: JsonValue, indent?: number): string {
  return stringify(value, undefined, indent, exactNumbers) ?? 'null';
}
