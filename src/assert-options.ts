import { InvalidArgumentError } from './errors.js';

/**
 * Throws {@link InvalidArgumentError} for what is no object of options, and for an option that is not known: either would be
 * ignored. `call` is the function that takes them, such as `evaluate()`.
 */
export function assertOptions(call: string, options: unknown, known: readonly string[]): void {
  const hint = `Its options are ${known.join(', ')}.`;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidArgumentError(`${call} takes its options as an object; got ${kindOf(options)}.`, { hint });
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new InvalidArgumentError(`${call} has no option ${JSON.stringify(key)}.`, { hint });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return `a ${typeof value}`;
}
