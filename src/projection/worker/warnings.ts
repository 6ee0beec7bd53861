import { emitWarning } from 'node:process';
import { MaestroError } from '../../errors.js';
import { failureText } from '../apply/passing.js';

/** Shortest time between two warnings of one kind, in milliseconds. */
const QUIET = 60_000;

/** Makes warnings of the process out of errors that nobody listens to, of each kind at most one a minute. */
export function warnings(now: () => number = () => performance.now()): (error: unknown) => void {
  const next = new Map<string, { at: number; left: number }>();
  return (error) => {
    const kind = kindOf(error);
    const { at, left } = next.get(kind) ?? { at: Number.NEGATIVE_INFINITY, left: 0 };
    if (now() < at) {
      next.set(kind, { at, left: left + 1 });
      return;
    }
    next.set(kind, { at: now() + QUIET, left: 0 });
    const others = left === 0 ? '' : ` (and ${left} more of its kind since the last warning)`;
    emitWarning(`A worker of projections goes on after this: ${failureText(error)}${others}`, {
      type: 'MaestroWarning',
      detail: `${hintOf(error)}Give runProjections the option onError to be told of each.`,
    });
  };
}

function kindOf(error: unknown): string {
  if (error instanceof MaestroError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

function hintOf(error: unknown): string {
  return error instanceof MaestroError && error.hint !== undefined ? `${error.hint}\n` : '';
}
