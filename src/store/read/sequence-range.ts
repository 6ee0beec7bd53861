import { InvalidArgumentError } from '../../errors.js';
import { MAX_SEQUENCE } from '../../events.js';

/** An inclusive range of sequences that PostgreSQL's integer can hold; empty when `min` is greater than `max`. */
export interface SequenceRange {
  readonly min: number;
  readonly max: number;
}

/** The range between two bounds, both inclusive. Throws {@link InvalidArgumentError} when one is not an integer. */
export function sequenceRange(minSequence: number, maxSequence: number = MAX_SEQUENCE): SequenceRange {
  // Beyond the largest sequence nothing can be stored, so such a bound must read nothing rather than overflow.
  if (bound('minSequence', minSequence) > MAX_SEQUENCE) return { min: 1, max: 0 };
  return { min: Math.max(minSequence, 0), max: Math.min(Math.max(bound('maxSequence', maxSequence), 0), MAX_SEQUENCE) };
}

/** Returns the limit, when it is absent or an integer of 1 or more. Throws {@link InvalidArgumentError} otherwise. */
export function checkedLimit(limit: number | undefined): number | undefined {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1))
    throw new InvalidArgumentError(`limit must be an integer, 1 or more; got ${String(limit)}.`);
  return limit;
}

function bound(name: string, value: number): number {
  if (!Number.isInteger(value) && value !== Number.POSITIVE_INFINITY)
    throw new InvalidArgumentError(`${name} must be an integer; got ${String(value)}.`);
  return value;
}
