import type { ExactNumber } from './exact-number.js';

/** What a JSON text can hold; `bigint` and {@link ExactNumber} appear only when lossless numbers were asked for. */
export type JsonValue = null | boolean | number | bigint | string | ExactNumber | JsonValue[] | JsonObject;

/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };

/** How JSON numbers are read: as JavaScript numbers, or without losing a digit (see {@link ExactNumber}). */
export type NumberMode = 'plain' | 'lossless';

/** One thing in a value that JSON or PostgreSQL would not keep as it is. */
export interface JsonFault {
  /** Where it is: keys and array indexes from the outermost value inwards. */
  readonly path: readonly (string | number)[];
  /** What is wrong, and the remedy. */
  readonly message: string;
}
