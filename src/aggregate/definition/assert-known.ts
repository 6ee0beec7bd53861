import { nearest } from '../../nearest.js';

/** Throws the error about a fault of a definition. */
export type Fail = (problem: string) => never;
/** An object with anything in it. */
export type Properties = Readonly<Record<string, unknown>>;

/** Fails for the first key that is not a known one. */
export function assertKnown(keys: readonly string[], known: readonly string[], prefix: string, fail: Fail): void {
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const instead = meant === undefined ? '' : `; did you mean ${meant}?`;
  fail(`${prefix}${unknown} is unknown; known are ${known.join(', ') || 'none'}${instead}`);
}
