import { alignedItems } from '../json/compare/aligned-items.js';
import type { StateLine } from './state-lines.js';

/** The lines of a text, each marked with its change since the text before. */
export function textLines(before: string, after: string): StateLine[] {
  const pairs = alignedItems(before.split('\n'), after.split('\n'), (old, now) => old === now);
  return pairs.map(({ before: old, after: now }): StateLine => {
    if (now === undefined) return { text: old ?? '', change: 'removed' };
    return { text: now, change: old === undefined ? 'added' : old === now ? 'same' : 'changed' };
  });
}
