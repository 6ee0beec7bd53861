import Table, { type CellOptions } from 'cli-table3';
import { escapeText } from '../../text/escape.js';
import { GAP } from './flow.js';
import type { Style } from './style.js';
import { textWidth } from '../../text/width.js';
import { wrapWords } from './words.js';

/** Fewest columns for a value beside its name; with fewer it goes below. */
const LEAST = 20;
const INDENT = '  ';
/** Borders of the table: none, with spaces between the columns. */
const NO_LINES = Object.fromEntries(
  ['top', 'bottom']
    .flatMap((edge) => [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`])
    .concat('left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle')
    .map((part) => [part, part === 'middle' ? GAP : '']),
);

/**
 * A table of names and values, for facts about one thing: all of it is known at once, so cli-table3 lays it out. Lists,
 * whose rows are printed as they come, are `FittedTable`'s. Values are wrapped between words to `columns`, further
 * lines indented by `hang`. A value with a word that does not fit beside the names, such as an id, goes below its name.
 */
export function factTable(
  facts: readonly (readonly [name: string, value: string])[],
  style: Style,
  columns?: number,
  hang = 0,
): string {
  const names = Math.max(...facts.map(([name]) => textWidth(name)));
  const table = new Table({
    chars: NO_LINES,
    // The value's column is as wide as what is in it, which was wrapped before.
    colWidths: names === 0 ? [] : [names],
    // The library would colour headings and borders by itself, whatever the colour setting.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const [name, value] of facts) table.push(...rows(style, name, escapeText(value), names, columns, hang));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

type Row = (string | CellOptions)[];

function rows(
  style: Style,
  name: string,
  text: string,
  names: number,
  columns: number | undefined,
  hang: number,
): Row[] {
  const heading = style.heading(name);
  if (names === 0) return [[columns === undefined ? text : wrapWords(text, columns, ' '.repeat(hang)).join('\n')]];
  if (columns === undefined) return [[heading, text]];
  const room = columns - names - GAP.length;
  const longest = Math.max(...text.split(' ').map(textWidth));
  const isBelow = room < LEAST || (longest > room && textWidth(text) > room && longest <= columns - INDENT.length);
  if (!isBelow) return [[heading, wrapWords(text, room, ' '.repeat(hang)).join('\n')]];
  const below = wrapWords(text, columns - INDENT.length, ' '.repeat(hang)).map((line) => INDENT + line);
  const across = (content: string): Row => [{ content, colSpan: 2 }];
  return [...(name === '' ? [] : [across(heading)]), across(below.join('\n'))];
}
