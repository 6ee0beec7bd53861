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

/** The items that were taken already, then the rest. */
export async function* chain<Item>(first: readonly Item[], rest: AsyncIterator<Item>): AsyncGenerator<Item> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Every item, transformed, as it comes. */
export async function* map<From, To>(items: AsyncIterable<From>, transform: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield transform(item);
}

/** Up to so many items; when there are more, `onMore` is told the last one that was given and the first that was not. */
export async function* upTo<Item>(
  items: AsyncIterable<Item>,
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

/** Items that are there already. */
export async function* listed<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** The same items; each is told as it passes. */
export async function* each<Item>(items: AsyncIterable<Item>, tell: (item: Item) => void): AsyncGenerator<Item> {
  for await (const item of items) {
    tell(item);
    yield item;
  }
}
