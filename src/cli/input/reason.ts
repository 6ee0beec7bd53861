import { UsageError } from '../errors.js';

/** Throws {@link UsageError} for an empty `--reason`, and for a missing one with `--execute`. */
export function assertReason(reason: string | undefined, execute = false): void {
  if (reason === undefined && !execute) return;
  if (reason !== undefined && reason.trim() !== '') return;
  throw new UsageError(reason === undefined ? '--execute needs a --reason.' : '--reason is empty.', {
    hint: 'Say in your own words why; it becomes part of the report. Nothing was changed.',
  });
}

/** The note below a plan: the options that execute this plan, and no other. */
export function toExecute(reason: string | undefined, sequence: number): string {
  const missing = reason === undefined ? '--reason "…" ' : '';
  return `nothing was changed; to execute this plan, add ${missing}--expect ${sequence} --execute`;
}
