import { sqlState } from '../../store/driver/driver-error.js';
import { causesOf } from './passing.js';

/** SQL states for a table and a column that are not there. */
const NOT_THERE = new Set(['42P01', '42703']);

/** The remedy for a handler that uses what is not there; `undefined` for every other error. A `setUp` that was changed is not run again. */
export function missingTableHint(name: string, error: unknown): string | undefined {
  if (!causesOf(error).some((cause) => NOT_THERE.has(sqlState(cause) ?? ''))) return undefined;
  return `If setUp was changed, raise \`version\`, or run \`maestro projections rebuild ${name}\`, which makes the tables anew: setUp is not run again by itself.`;
}
