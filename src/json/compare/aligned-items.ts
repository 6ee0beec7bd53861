/** Number of items that two lists share at the beginning, and among the rest at the end. */
export interface CommonEnds {
  readonly begin: number;
  readonly end: number;
}

/** The common beginning and the common end of two lists, which do not overlap. Compares each item once. */
export function commonEnds<Item>(
  before: readonly Item[],
  after: readonly Item[],
  isSame: (before: Item, after: Item) => boolean,
): CommonEnds {
  const most = Math.min(before.length, after.length);
  let begin = 0;
  while (begin < most && isSame(before[begin] as Item, after[begin] as Item)) begin += 1;
  let end = 0;
  while (end < most - begin && isSame(before.at(-1 - end) as Item, after.at(-1 - end) as Item)) end += 1;
  return { begin, end };
}

/** A pair of items: `before` is undefined for a new item, `after` for a removed one. */
export interface AlignedItem<Item> {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/**
 * Pairs the items of two lists: those of the common beginning and the common end, and those in between by position;
 * removed items that are left over come after those.
 */
export function alignedItems<Item>(
  before: readonly Item[],
  after: readonly Item[],
  isSame: (before: Item, after: Item) => boolean,
): AlignedItem<Item>[] {
  const { begin, end } = commonEnds(before, after, isSame);
  const [beforeEnd, afterEnd] = [before.length - end, after.length - end];
  const between = Array.from({ length: Math.max(beforeEnd, afterEnd) - begin }, (_, index) => ({
    before: begin + index < beforeEnd ? before[begin + index] : undefined,
    after: begin + index < afterEnd ? after[begin + index] : undefined,
  }));
  return [
    ...after.slice(0, begin).map((item, index) => ({ before: before[index], after: item })),
    ...between,
    ...after.slice(afterEnd).map((item, index) => ({ before: before[beforeEnd + index], after: item })),
  ];
}
