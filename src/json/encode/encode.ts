import { ExactNumber } from '../exact-number.js';
import { isPlainObject } from './plain-object.js';
import { numbersIn } from './numbers-in.js';
import { numberFault, stringFault } from './scalars.js';
import type { JsonFault } from '../types.js';
import { encodeSimple } from './encode-simple.js';

/** Most levels of objects and arrays inside one another. */
export const MAX_DEPTH = 500;
/** The longest JSON text that PostgreSQL's jsonb can hold, in bytes; longer ones could not be read back either. */
const MAX_JSON_BYTES = 268_435_455;
/**
 * Upper bound of the factor by which a text grows when PostgreSQL writes its JavaScript numbers, such as 1e-300,
 * without exponents.
 */
const MAX_GROWTH = 64;

/** The result of {@link encodeJson}: the JSON text, or the faults of the value. */
export type EncodedJson = { readonly text: string } | { readonly faults: readonly JsonFault[] };

/**
 * Encodes a value as JSON, or finds every fault in it: whatever JSON would drop or change (undefined, functions,
 * symbols, NaN, negative zero, dates, maps, typed arrays, holes, hidden properties), and whatever PostgreSQL's jsonb
 * would refuse (U+0000, lone surrogates, endless numbers, nesting deeper than {@link MAX_DEPTH}).
 *
 * One walk checks and writes, so the checked value is the written one, also when a getter answers differently the
 * second time. A first, fast walk handles simple bodies; where it gives up, a second one starts anew, which handles all
 * cases and finds the faults.
 */
export function encodeJson(value: unknown): EncodedJson {
  const plain = encodeSimple(value, MAX_DEPTH);
  if (plain !== undefined && plain.length < MAX_JSON_BYTES / MAX_GROWTH) return { text: plain };
  const notes: Notes = { faults: [], growth: 0 };
  const text = write(value, [], notes);
  if (notes.faults.length > 0) return { faults: notes.faults };
  if ((text.length + notes.growth) * 3 > MAX_JSON_BYTES && Buffer.byteLength(text) + notes.growth > MAX_JSON_BYTES)
    return { faults: [{ path: [], message: TOO_LONG }] };
  return { text };
}

/**
 * The fault of a JSON text that was put together from texts of {@link encodeJson}, when it is too long as a whole, though
 * no part is.
 */
export function lengthFault(text: string): string | undefined {
  // An exponent of three digits makes five characters at most a thousand.
  if (text.length < MAX_JSON_BYTES / 200 && !/[eE][+-]?\d{4}/.test(text)) return undefined;
  let length = Buffer.byteLength(text);
  for (const { text: number } of numbersIn(text)) length += exponentOf(number);
  return length > MAX_JSON_BYTES ? TOO_LONG : undefined;
}

type Path = (string | number)[];

/** Facts gathered during the walk. */
interface Notes {
  readonly faults: JsonFault[];
  /** Digits that the text gains when PostgreSQL writes its exponents out: a few characters can become 131,072. */
  growth: number;
}

const TOO_LONG = `is longer than the ${MAX_JSON_BYTES} bytes that jsonb can hold, with every number written out`;

function write(value: unknown, path: Path, notes: Notes): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(checked(value, stringFault(value), path, notes));
    case 'number':
      return writeNumber(String(value), numberFault(value), path, notes);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint': {
      const digits = value.toString();
      return checked(digits, numberFault(digits), path, notes);
    }
    case 'object':
      return value === null ? 'null' : writeObject(value, path, notes);
    default:
      return checked('', `is ${named(value)}, which JSON leaves out; omit the key or write null`, path, notes);
  }
}

function writeObject(value: object, path: Path, notes: Notes): string {
  if (value instanceof ExactNumber) return writeNumber(value.text, numberFault(value.text), path, notes);
  if (path.length >= MAX_DEPTH)
    return checked('', `is nested deeper than ${MAX_DEPTH} levels (or contains itself)`, path, notes);
  if (Array.isArray(value)) return writeArray(value, path, notes);
  if (!isPlainObject(value))
    return checked('', `is ${named(value)}, not a plain object; convert it to JSON values first`, path, notes);
  return writeEntries(value as Record<string, unknown>, path, notes);
}

function writeNumber(text: string, fault: string | undefined, path: Path, notes: Notes): string {
  notes.growth += exponentOf(text);
  return checked(text, fault, path, notes);
}

/** The exponent of a number, without its sign: about the number of digits it gains when it is written out. */
function exponentOf(text: string): number {
  const exponent = /[eE](.*)/.exec(text)?.[1];
  return exponent === undefined ? 0 : Math.abs(Number(exponent));
}

function writeArray(items: readonly unknown[], path: Path, notes: Notes): string {
  // A hole, or a property beside the items (as a RegExp match has), would be lost.
  if (Reflect.ownKeys(items).length !== items.length + 1)
    return checked('', 'is an array with holes or with properties of its own, which JSON loses', path, notes);
  const texts = items.map((item, index) => within(item, index, path, notes));
  return `[${texts.join(',')}]`;
}

function writeEntries(value: Record<string, unknown>, path: Path, notes: Notes): string {
  const keys = Object.keys(value);
  if (Reflect.ownKeys(value).length !== keys.length)
    return checked('', 'has symbol keys or non-enumerable properties, which JSON leaves out', path, notes);
  const texts = keys.map((key) => {
    const fault = stringFault(key);
    if (fault !== undefined) checked(key, `has a key that ${fault}`, path, notes);
    return `${JSON.stringify(key)}:${within(value[key], key, path, notes)}`;
  });
  return `{${texts.join(',')}}`;
}

function within(value: unknown, key: string | number, path: Path, notes: Notes): string {
  path.push(key);
  const text = write(value, path, notes);
  path.pop();
  return text;
}

/** Records the fault, if there is one, and returns the value: the walk goes on to find the others. */
function checked<Value>(value: Value, fault: string | undefined, path: Path, notes: Notes): Value {
  if (fault !== undefined) notes.faults.push({ path: [...path], message: fault });
  return value;
}

function named(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return `a ${typeof name === 'string' && name !== '' ? name : 'class instance'}`;
}
