import Table, { type TableConstructorOptions } from 'cli-table3';
import { escapeText } from './escape.js';
import type { Style } from './style.js';
import { textWidth } from './width.js';

const GAP = '  ';
/** No lines at all: columns are set apart by spaces. */
const NO_LINES = Object.fromEntries(
  [
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ]
    .flat()
    .map((part) => [part, part === 'middle' ? GAP : '']),
);

/** A table of a few rows under headings. Cells are escaped, then painted by the `paint` of their column. */
export function smallTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  paint: readonly ((text: string) => string)[] = [],
): string {
  return table([
    headings.map((heading) => style.heading(heading)),
    ...rows.map((row) => row.map((cell, column) => (paint[column] ?? ((text: string) => text))(escapeText(cell)))),
  ]);
}

/** Facts about one thing, one per line: name, then value, which is wrapped when it is wider than the terminal. */
export function factTable(
  facts: readonly (readonly [name: string, value: string])[],
  style: Style,
  columns?: number,
): string {
  const names = Math.max(...facts.map(([name]) => name.length)) + GAP.length;
  const rows = facts.map(([name, value]) => [style.heading(name), escapeText(value)]);
  const room = columns === undefined ? Number.POSITIVE_INFINITY : columns - names;
  const fits = rows.every(([, value = '']) => textWidth(value) <= room);
  return table(rows, fits || room < 10 ? {} : { wordWrap: true, colWidths: [null, room] });
}

function table(rows: string[][], options: TableConstructorOptions = {}): string {
  const layout = new Table({
    ...options,
    chars: NO_LINES,
    // The library would colour headings and borders by itself, whatever the colour setting.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  layout.push(...rows);
  return layout
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
