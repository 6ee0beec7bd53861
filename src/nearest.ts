/**
 * The one of some words that was most likely meant by a word that is none of them: at most a third of its characters were
 * mistyped, upper and lower case counting as equal, or it is the beginning of just one. `undefined` when none comes near.
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

/** A sentence that names the nearest of some words; empty when none comes near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `Did you mean ${meant}?`;
}

/** No name is longer; comparing takes the product of the lengths. */
const LONGEST = 256;

/** Number of letters that were left out, put in, replaced, or swapped with the next. */
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
