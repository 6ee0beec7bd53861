/** The result of one check of a database. */
export interface Finding {
  /** The name of the check, a word or two. */
  readonly check: string;
  /** `note`: good to know; `warning`: may need a change; `failure`: something does not work, or data can be lost. */
  readonly status: 'ok' | 'note' | 'warning' | 'failure';
  /** The facts. */
  readonly found: string;
  /** The remedy; absent when none is needed. */
  readonly remedy?: string;
}

/** A finding that needs no remedy. */
export function fine(check: string, found: string): Finding {
  return { check, status: 'ok', found };
}

/** A finding with a remedy. */
export function finding(check: string, status: 'note' | 'warning' | 'failure', found: string, remedy: string): Finding {
  return { check, status, found, remedy };
}
