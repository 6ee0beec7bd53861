import type { StateLine } from '../../../folding/state-lines.js';

/** Number of lines that are shown whole. */
const FEW = 300;
/** Number of unchanged lines that are shown on both sides of a changed one, and at the beginning. */
const BESIDE = 3;
const AT_BEGIN = 40;
/** Largest number of lines when not all are asked for. */
const MOST = 1000;

/** Largest number of lines when all are asked for: more would have a browser and this process stand still. */
const MOST_OF_ALL = 5000;

/** A line, or a number of unchanged lines that are left out. */
export type VisibleLine = StateLine | { readonly leftOut: number };

/** The lines of a state to show: of many, the first ones, the changed ones and those next to them. */
export function visibleLines(lines: readonly StateLine[], isWhole: boolean): readonly VisibleLine[] {
  if (isWhole && lines.length > MOST_OF_ALL)
    return [...lines.slice(0, MOST_OF_ALL), { leftOut: lines.length - MOST_OF_ALL }];
  if (isWhole || lines.length <= FEW) return lines;
  const isNear = nearChanges(lines);
  const visible: VisibleLine[] = [];
  let leftOut = 0;
  for (const [index, line] of lines.entries()) {
    if ((index < AT_BEGIN || isNear[index] === true) && visible.length < MOST) {
      if (leftOut > 0) visible.push({ leftOut });
      leftOut = 0;
      visible.push(line);
    } else leftOut += 1;
  }
  return leftOut > 0 ? [...visible, { leftOut }] : visible;
}

function nearChanges(lines: readonly StateLine[]): boolean[] {
  const near = Array.from({ length: lines.length }, () => false);
  for (const [index, { change }] of lines.entries())
    if (change !== 'same') near.fill(true, Math.max(0, index - BESIDE), index + BESIDE + 1);
  return near;
}
