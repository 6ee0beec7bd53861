/** Fields that the drivers (pg, PGlite) put on their errors. */
export interface DriverError extends Error {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** In the language of the server (`lc_messages`). */
  readonly severity?: string;
  /** The function of PostgreSQL, or of Citus, that gave up; the same in every language. */
  readonly routine?: string;
  readonly errors?: readonly unknown[];
}

/** The fields of a driver's error, as far as something that was thrown has them. */
export function fieldsOf(error: unknown): Partial<DriverError> {
  return error ?? {};
}
