import type { ExactNumber } from './exact-number.js';

/** A JSON value. `bigint` and {@link ExactNumber} occur only with lossless numbers. */
export type JsonValue = null | boolean | number | bigint | string | ExactNumber | JsonValue[] | JsonObject;

/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };

/**
 * The way JSON numbers are read: `plain` as JavaScript numbers, `lossless` without losing a digit (see
 * {@link ExactNumber}).
 */
export type NumberMode = 'plain' | 'lossless';

/** A part of a value that JSON or PostgreSQL would not keep as it is. */
export interface JsonFault {
  /** Path to it: keys and array indexes from the outermost value inwards. */
  readonly path: readonly (string | number)[];
  /** The fault and its remedy, to be read after the path: `is undefined, …`. */
  readonly message: string;
}
