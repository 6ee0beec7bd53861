import type { Environment } from './environment.js';
import { ConfigurationError } from './errors.js';

/**
 * The text under a key; `undefined` only when there is no such key. A key that is there but holds nothing, or something
 * else than a text, is a {@link ConfigurationError} that says `name`, because whoever wrote it meant something by it. The
 * error never shows the value, which may hold a password. `instead` is what to do about one that is empty.
 */
export function said(source: object, key: string, name: string, instead?: string): string | undefined {
  if (!(key in source)) return undefined;
  const value = (source as Readonly<Record<string, unknown>>)[key];
  if (value === undefined || value === null)
    throw new ConfigurationError(`${name} has no value: it is ${String(value)}.`, {
      hint: 'The value may come from an environment variable that is not set. Set it, or leave the key out.',
    });
  if (typeof value !== 'string') throw new ConfigurationError(`${name} is not a string.`, { hint: hintFor(value) });
  return notEmpty(value, name, instead);
}

/** The value of an environment variable; one that is set to nothing is a {@link ConfigurationError}. */
export function saidByVariable(environment: Environment, name: string, instead?: string): string | undefined {
  const value = environment[name];
  return value === undefined ? undefined : notEmpty(value, name, instead);
}

function notEmpty(value: string, name: string, instead = 'Give it a value, or leave it out.'): string {
  if (value.trim() === '') throw new ConfigurationError(`${name} is empty.`, { hint: instead });
  return value;
}

function hintFor(value: object | number | boolean | bigint | symbol | string): string {
  return value instanceof URL ? 'Write the URL as a text: `url.href`.' : 'Write it in quotation marks.';
}
