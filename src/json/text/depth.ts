import { jsonTokens } from './tokens.js';

/** Levels of objects and arrays inside one another in a valid JSON text. */
export function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const { text: token } of jsonTokens(text)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, (depth += 1));
    else if (token === '}' || token === ']') depth -= 1;
  }
  return deepest;
}

/** True for a valid JSON text nested deeper than so many levels. */
export function isDeeperThan(text: string, levels: number): boolean {
  // Each level takes a bracket at both ends.
  if (text.length <= 2 * levels || text.split(/[[{]/, levels + 2).length <= levels + 1) return false;
  return depthOf(text) > levels;
}
