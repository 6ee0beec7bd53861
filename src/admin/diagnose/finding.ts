/** What came of one check of a database. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** `note`: to be known; `warning`: something to think about; `failure`: something that does not work or loses data. */
  readonly status: 'ok' | 'note' | 'warning' | 'failure';
  /** What was found. */
  readonly found: string;
  /** What to do about it; absent when there is nothing to do. */
  readonly remedy?: string;
}

/** A check that found nothing to do. */
export function fine(check: string, found: string): Finding {
  return { check, status: 'ok', found };
}

/** A check that found something to do. */
export function finding(check: string, status: 'note' | 'warning' | 'failure', found: string, remedy: string): Finding {
  return { check, status, found, remedy };
}
