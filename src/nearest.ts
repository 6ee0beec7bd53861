/**
 * The known word that a mistyped word most likely meant: at most a third of its characters differ, ignoring case, or it
 * is the beginning of just one known word. `undefined` when none is near.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  if (typed.length < 2 || typed.length > LONGEST) return undefined;
  let [best, least] = [undefined as string | undefined, Number.POSITIVE_INFINITY];
  const continued: string[] = [];
  for (const candidate of known) {
    const text = candidate.toLowerCase();
    if (typed.length >= 3 && text.startsWith(typed)) continued.push(candidate);
    const longer = Math.max(typed.length, text.length);
    if (Math.abs(typed.length - text.length) > longer / 3) continue;
    const mistakes = editDistance(typed, text);
    if (mistakes < least && mistakes <= longer / 3) [best, least] = [candidate, mistakes];
  }
  return best ?? (continued.length === 1 ? continued[0] : undefined);
}

/** A sentence that suggests the nearest known word; empty when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `Did you mean ${meant}?`;
}

/** Longest word that is compared: comparing takes the product of the lengths. */
const LONGEST = 256;

/**
 * Damerau-Levenshtein distance: number of characters that were left out, put in, replaced, or swapped with the next.
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
