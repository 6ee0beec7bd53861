import { InvalidArgumentError } from '../../errors.js';
import { isPlainObject } from '../../json/encode/plain-object.js';
import type { Fail, Properties } from './assert-known.js';

/** A value that is an object. Throws {@link InvalidArgumentError} for any other. */
export function object(value: unknown, what: string): Properties {
  if (typeof value !== 'object' || value === null) throw new InvalidArgumentError(`${what} is not an object.`);
  return value as Properties;
}

/** A name that commands take and print. Throws {@link InvalidArgumentError} for what is none. */
export function checkedName(name: unknown, of: string): string {
  if (typeof name === 'string' && /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name)) return name;
  throw new InvalidArgumentError(
    `The name of ${of} must be made of letters, digits, "-", "_" and "."; got ${JSON.stringify(name)}.`,
  );
}

/** Fails when a part of a definition is no plain object of functions. */
export function assertFunctions(part: Properties, name: string, fail: Fail): void {
  if (!isPlainObject(part)) fail(`${name} is an instance of a class; make it a plain object`);
  for (const [key, value] of Object.entries(part))
    if (typeof value !== 'function') fail(`${name}.${key} is not a function`);
}

/** True for a function, and where there is nothing. */
export function isFunctionOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}
