import { jsonTokens } from './tokens.js';

/** Number of levels of objects and arrays inside one another in a valid JSON text. */
export function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const { text: token } of jsonTokens(text)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, (depth += 1));
    else if (token === '}' || token === ']') depth -= 1;
  }
  return deepest;
}

/** True when objects and arrays lie more than so many levels inside one another in a valid JSON text. */
export function isDeeperThan(text: string, levels: number): boolean {
  // Each level takes a bracket at both ends.
  if (text.length <= 2 * levels || text.split(/[[{]/, levels + 2).length <= levels + 1) return false;
  return depthOf(text) > levels;
}
