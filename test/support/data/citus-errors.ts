import { readFileSync } from 'node:fs';

/** A driver's error of a Citus cluster, as it was recorded. */
export type RecordedError = Readonly<Record<'message' | 'code' | 'severity' | 'routine', string>> &
  Readonly<Partial<Record<'detail' | 'hint', string>>>;

/** Errors of a Citus cluster (13.2 on PostgreSQL 15), as `pg` gives them, by what was done. */
export const CITUS_ERRORS = JSON.parse(
  readFileSync(new URL('../../fixtures/citus/errors.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, RecordedError>>;

/** A recorded error as the driver throws it. */
export function recordedError(what: string): Error {
  const { message, ...facts } = CITUS_ERRORS[what] as RecordedError;
  return Object.assign(new Error(message), facts);
}
