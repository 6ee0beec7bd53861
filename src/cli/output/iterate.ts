/** Items that are there already, or that come one by one. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Up to so many of the next items. */
export async function take<Item>(items: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  while (taken.length < count) {
    const next = await items.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/** Every item, transformed, as it comes. */
export async function* map<From, To>(items: Items<From>, transform: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield transform(item);
}

/** The same items; `look` is given each as it passes. */
export async function* tap<Item>(items: Items<Item>, look: (item: Item) => void): AsyncGenerator<Item> {
  for await (const item of items) {
    look(item);
    yield item;
  }
}

/** At most so many items; when there are more, `onMore` is given the last one and the first that is left out. */
export async function* limitTo<Item>(
  items: Items<Item>,
  count: number,
  onMore: (last: Item, next: Item) => void,
): AsyncGenerator<Item> {
  let given = 0;
  let last: Item | undefined;
  for await (const item of items) {
    if (given === count) return onMore(last as Item, item);
    given += 1;
    last = item;
    yield item;
  }
}
