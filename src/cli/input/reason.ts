import { UsageError } from '../errors.js';

/** Throws {@link UsageError} when an empty reason was given, or none although something is to be done, not only planned. */
export function assertReason(reason: string | undefined, execute = false): void {
  if (reason === undefined && !execute) return;
  if (reason !== undefined && reason.trim() !== '') return;
  throw new UsageError(reason === undefined ? '--execute needs a --reason.' : '--reason is empty.', {
    hint: 'Say why, in words of your own: it is part of the report that you keep. Nothing was changed.',
  });
}

/** The note below a plan: what to add so that it is done, and only that. */
export function toExecute(reason: string | undefined, sequence: number): string {
  const missing = reason === undefined ? '--reason "…" ' : '';
  return `nothing was changed; to do it: add ${missing}--expect ${sequence} --execute`;
}
