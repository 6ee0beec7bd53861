/** How many items two lists share at the beginning, and of the rest at the end. */
export interface CommonEnds {
  readonly begin: number;
  readonly end: number;
}

/** The same beginning and the same end of two lists, which do not overlap. Takes one look at each item. */
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

/** An item and the one that stood in its place before; without the latter it is new, without the former it is gone. */
export interface AlignedItem<Item> {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/**
 * Two lists beside each other: what stands between the same beginning and the same end is paired place by place, and items that
 * are gone come behind those.
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
