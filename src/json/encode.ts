import { ExactNumber } from './exact-number.js';
import { isPlain } from './plain.js';
import { numberFault, stringFault } from './scalars.js';
import type { JsonFault } from './types.js';
import { writePlain } from './write-plain.js';

/** How many objects and arrays may lie inside one another. */
export const MAX_DEPTH = 500;
/** The longest JSON text that PostgreSQL's jsonb can hold, in bytes. */
export const MAX_JSON_BYTES = 268_435_455;

/** The outcome of {@link encodeJson}: a text that means the value, or why there is none. */
export type EncodedJson = { readonly text: string } | { readonly faults: readonly JsonFault[] };

/**
 * The JSON text of a value, or every fault in it: whatever JSON would drop or change (undefined, functions, symbols,
 * NaN, negative zero, dates, maps, typed arrays, holes, hidden properties), and whatever PostgreSQL's jsonb would
 * refuse (U+0000, lone surrogates, endless numbers, nesting deeper than {@link MAX_DEPTH}).
 *
 * Checking and writing are one walk that reads each property once, so what was checked is what is written, also when
 * a getter answers differently the second time. A first walk is for bodies in which there is nothing to think about; where
 * it gives up, a second one begins anew, which knows all cases and finds the faults.
 */
export function encodeJson(value: unknown): EncodedJson {
  const faults: JsonFault[] = [];
  const text = writePlain(value, MAX_DEPTH) ?? write(value, [], faults);
  if (faults.length > 0) return { faults };
  if (text.length > MAX_JSON_BYTES / 3 && Buffer.byteLength(text) > MAX_JSON_BYTES)
    return { faults: [{ path: [], message: `is longer than the ${MAX_JSON_BYTES} bytes that jsonb can hold` }] };
  return { text };
}

/** Whether a value is written as exactly this JSON text. */
export function isWrittenAs(value: unknown, text: string): boolean {
  const encoded = encodeJson(value);
  return 'text' in encoded && encoded.text === text;
}

type Path = (string | number)[];

function write(value: unknown, path: Path, faults: JsonFault[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(checked(value, stringFault(value), path, faults));
    case 'number':
      return String(checked(value, numberFault(value), path, faults));
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint': {
      const digits = value.toString();
      return checked(digits, numberFault(digits), path, faults);
    }
    case 'object':
      return value === null ? 'null' : writeObject(value, path, faults);
    default:
      return checked('', `is ${named(value)}, which JSON leaves out; omit the key or write null`, path, faults);
  }
}

function writeObject(value: object, path: Path, faults: JsonFault[]): string {
  if (value instanceof ExactNumber) return checked(value.text, numberFault(value.text), path, faults);
  if (path.length >= MAX_DEPTH)
    return checked('', `is nested deeper than ${MAX_DEPTH} levels (or contains itself)`, path, faults);
  if (Array.isArray(value)) return writeArray(value, path, faults);
  if (!isPlain(value))
    return checked('', `is ${named(value)}, not a plain object; write what you need of it as JSON`, path, faults);
  return writeEntries(value as Record<string, unknown>, path, faults);
}

function writeArray(items: readonly unknown[], path: Path, faults: JsonFault[]): string {
  // A hole, or a property beside the items (as a RegExp match has), would be lost.
  if (Reflect.ownKeys(items).length !== items.length + 1)
    return checked('', 'is an array with holes or with properties of its own, which JSON loses', path, faults);
  const texts = items.map((item, index) => within(item, index, path, faults));
  return `[${texts.join(',')}]`;
}

function writeEntries(value: Record<string, unknown>, path: Path, faults: JsonFault[]): string {
  const keys = Object.keys(value);
  if (Reflect.ownKeys(value).length !== keys.length)
    return checked('', 'has symbol keys or non-enumerable properties, which JSON leaves out', path, faults);
  const texts = keys.map((key) => {
    const fault = stringFault(key);
    if (fault !== undefined) checked(key, `has a key that ${fault}`, path, faults);
    return `${JSON.stringify(key)}:${within(value[key], key, path, faults)}`;
  });
  return `{${texts.join(',')}}`;
}

function within(value: unknown, key: string | number, path: Path, faults: JsonFault[]): string {
  path.push(key);
  const text = write(value, path, faults);
  path.pop();
  return text;
}

/** Notes the fault, if there is one, and passes the value on: the walk goes on to find the others. */
function checked<Value>(value: Value, fault: string | undefined, path: Path, faults: JsonFault[]): Value {
  if (fault !== undefined) faults.push({ path: [...path], message: fault });
  return value;
}

function named(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return `a ${typeof name === 'string' && name !== '' ? name : 'class instance'}`;
}
