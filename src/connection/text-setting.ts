import type { Environment } from './environment.js';
import { ConfigurationError } from './errors.js';

/**
 * The string under a key; `undefined` only when the key is absent. A key without a value, with an empty string or with
 * something else than a string is a {@link ConfigurationError} about `name`, never treated as absent. The error does not
 * show the value, which may hold a password. `advice` is the hint for an empty one.
 */
export function textSetting(source: object, key: string, name: string, advice?: string): string | undefined {
  if (!(key in source)) return undefined;
  const value = (source as Readonly<Record<string, unknown>>)[key];
  if (value === undefined || value === null)
    throw new ConfigurationError(`${name} has no value: it is ${String(value)}.`, {
      hint: 'The value may come from an environment variable that is not set. Set it, or leave the key out.',
    });
  if (typeof value !== 'string') throw new ConfigurationError(`${name} is not a string.`, { hint: hintFor(value) });
  return notEmpty(value, name, advice);
}

/** The value of an environment variable; an empty one is a {@link ConfigurationError}. */
export function environmentSetting(environment: Environment, name: string, advice?: string): string | undefined {
  const value = environment[name];
  return value === undefined ? undefined : notEmpty(value, name, advice);
}

function notEmpty(value: string, name: string, advice = 'Give it a value, or leave it out.'): string {
  if (value.trim() === '') throw new ConfigurationError(`${name} is empty.`, { hint: advice });
  return value;
}

function hintFor(value: object | number | boolean | bigint | symbol | string): string {
  return value instanceof URL ? 'Give the URL as a string: `url.href`.' : 'Write it in quotation marks.';
}
