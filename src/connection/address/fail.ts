/** Throws a `ConfigurationError` about one source of connection parameters; `problem` continues a sentence about it. */
export type Fail = (problem: string, hint?: string) => never;

/** `what`, with the given text in quotes if it is a plain word; in a mistyped URL anything else may be part of a password. */
export function quoteIfPlain(what: string, given: string): string {
  return /^[A-Za-z_-]{0,30}$/.test(given) ? `${what} ${JSON.stringify(given)}` : `${what} that is given`;
}
