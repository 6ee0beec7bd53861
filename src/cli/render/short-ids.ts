/** Fewest digits of a shortened id: the time and the counter of a clock's id, which two ids rarely share. */
const LEAST = 16;
/** Digits by which a shortened id is lengthened. */
const STEP = 4;
/** Digits of a whole id. */
export const ID_WIDTH = 32;

/** The number of first digits that distinguishes the ids, as Git shortens hashes. Commands accept ids so shortened. */
export function shortIdWidth(ids: readonly string[]): number {
  const different = new Set(ids);
  for (let width = LEAST; width < ID_WIDTH; width += STEP)
    if (new Set([...different].map((id) => id.slice(0, width))).size === different.size) return width;
  return ID_WIDTH;
}
