/** Throws a `ConfigurationError` about one place in which connections are described. */
export type Fail = (problem: string, hint?: string) => never;

/** Names what was given only when it is a plain word: a mistyped URL may have a piece of the password there. */
export function shown(what: string, given: string): string {
  return /^[A-Za-z_-]{0,30}$/.test(given) ? `${what} ${JSON.stringify(given)}` : `${what} that is given`;
}
