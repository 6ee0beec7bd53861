/** Faults of the fields of a form, by their names, in sentences. */
export type Faults = Readonly<Record<string, string>>;

/** True when something is wrong. */
export function isFaulty(faults: Faults): boolean {
  return Object.keys(faults).length > 0;
}
