import type { StateLine } from './state-lines.js';

/**
 * The lines of a text, each marked by what it was in the text before. Of as many lines as before, each is compared with the one
 * in its place; else with what stands between the same beginning and the same end.
 */
export function textLines(before: string, after: string): StateLine[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const changed = (text: string, was: string | undefined): StateLine =>
    was === undefined ? { text, change: 'added' } : { text, change: was === text ? 'same' : 'changed' };
  if (old.length === now.length) return now.map((text, index) => changed(text, old[index]));
  const most = Math.min(old.length, now.length);
  let begin = 0;
  while (begin < most && old[begin] === now[begin]) begin += 1;
  let end = 0;
  while (end < most - begin && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const same = (lines: readonly string[]) => lines.map((text): StateLine => ({ text, change: 'same' }));
  const gone = old.slice(begin, old.length - end);
  const added = now.slice(begin, now.length - end);
  return [
    ...same(now.slice(0, begin)),
    ...added.map((text, index) => changed(text, gone[index])),
    ...gone.slice(added.length).map((text): StateLine => ({ text, change: 'removed' })),
    ...same(now.slice(now.length - end)),
  ];
}
