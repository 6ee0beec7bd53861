import type { Knex } from 'knex';
import { ConfigurationError } from '../errors.js';

/** A logger that prints nothing: Knex would print connection errors to the console before it throws them. */
export const SILENT_LOGGER: Knex.Logger = { debug() {}, deprecate() {}, error() {}, warn() {} };

/** Bounds for the number of connections that a program has open to a server. */
export interface PoolOptions {
  /** Number of idle connections that stay open. @defaultValue 0 */
  readonly min?: number | undefined;
  /** Largest number of connections. @defaultValue 4 */
  readonly max?: number | undefined;
}

const NAMES = ['min', 'max'];

/** The options with their defaults. Throws {@link ConfigurationError} for wrong ones. */
export function checkedPool(pool: PoolOptions = {}): { readonly min: number; readonly max: number } {
  const refuse = (problem: string) => {
    throw new ConfigurationError(`The option pool ${problem}.`, {
      hint: 'Write it like { pool: { min: 0, max: 10 } }: whole numbers, max 1 or more, min from 0 to max.',
    });
  };
  if (typeof pool !== 'object' || (pool as unknown) === null) return refuse('is not an object');
  const unknown = Object.keys(pool).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) refuse(`has the unknown key ${JSON.stringify(unknown)}`);
  const { min = 0, max = 4 } = pool;
  if (!Number.isInteger(max) || max < 1)
    refuse(`has the max ${shownValue(max)}, which is not a whole number of 1 or more`);
  if (!Number.isInteger(min) || min < 0 || min > max)
    refuse(`has the min ${shownValue(min)}, which is not a whole number from 0 to its max`);
  return { min, max };
}

/** The time to wait when a database is closed, in milliseconds. Throws {@link ConfigurationError} for a wrong one. */
export function checkedCloseTimeout(milliseconds: number): number {
  // Node's timers take no more.
  if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds > 2 ** 31 - 1)
    throw new ConfigurationError(
      `The option closeTimeout is ${shownValue(milliseconds)}, which is not a whole number of milliseconds, 0 or more.`,
    );
  return milliseconds;
}

/** The value for a message, strings in quotation marks: '5' differs from 5. */
function shownValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
