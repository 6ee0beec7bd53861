import { chain } from '../../folding/chain.js';
import { type Items, map, take } from './iterate.js';
import type { Output } from './output.js';

/** A list of things, in every form it can be asked for. */
export interface ListReport<Item> {
  /** The id that `--quiet` prints of each. */
  readonly id: (item: Item) => string;
  /** The JSON that `-o json|ndjson` prints of each, in one line. */
  readonly json: (item: Item) => string;
  /** Lays a table out by the first items. */
  readonly table: (first: readonly Item[]) => ListTable<Item>;
  /** Called before anything is printed when there is no item at all; may throw. A table is not begun then. */
  readonly whenNone?: (() => Promise<unknown>) | undefined;
  /** A table is laid out by this many items; the others follow in the same columns. @defaultValue 200 */
  readonly layoutItems?: number;
}

/** A table whose rows can be printed as they come. */
export interface ListTable<Item> {
  readonly head?: string | undefined;
  line(item: Item): string;
}

/** Prints items in the form that was asked for, as they come. */
export async function printList<Item>(
  items: Items<Item>,
  output: Output,
  { id, json, table: layOut, whenNone, layoutItems = 200 }: ListReport<Item>,
): Promise<void> {
  const iterator = map(items, (item) => item);
  const first = await take(iterator, layoutItems);
  if (first.length === 0) await whenNone?.();
  const all = chain(first, iterator);
  await output.inForm({
    ids: () => output.lines(all, id),
    json: () => output.jsonItems(map(all, json)),
    table: async () => {
      if (first.length === 0) return;
      const table = layOut(first);
      if (table.head !== undefined) await output.line(table.head);
      await output.lines(all, (item) => table.line(item));
    },
  });
}
