/** The time and the counter of an id that a clock made: hardly ever shared, and twice what Git shows. */
const LEAST = 16;
/** Longer beginnings are tried in steps of so many digits. */
const STEP = 4;
/** The digits of a whole id. */
export const ID_WIDTH = 32;

/** The number of first digits that tells ids apart. Commands take such a beginning for the id. */
export function shortIdWidth(ids: readonly string[]): number {
  const different = new Set(ids);
  for (let width = LEAST; width < ID_WIDTH; width += STEP)
    if (new Set([...different].map((id) => id.slice(0, width))).size === different.size) return width;
  return ID_WIDTH;
}
