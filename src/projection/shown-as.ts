import { inspect } from 'node:util';

/** A value that is not what was expected, in a few words: never the whole of an object. */
export function shownAs(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return inspect(value);
  if (Array.isArray(value)) return 'a list';
  const { name } = value as { readonly name?: unknown };
  return typeof name === 'string' ? `an object with the name ${JSON.stringify(name)}` : 'an object';
}

/** A hint for a value that is there too late: modules that import each other see what is not defined yet. */
export function circleHint(value: unknown): { readonly hint?: string } {
  return value === undefined
    ? { hint: 'Modules that import each other in a circle see what is not defined yet as undefined.' }
    : {};
}
