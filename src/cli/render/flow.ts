import { cut, textWidth } from '../../text/width.js';
import { wrapWords } from './words.js';

/** The space between the columns of a table. */
export const GAP = '  ';
/** The indent of all lines of a row but the first. */
export const INDENT = '    ';

/** A cell of a row. */
export interface Cell {
  /** Escaped text, padded to the width of its column. */
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
  /** Fewest columns to which it is cut. @defaultValue never cut */
  readonly least?: number;
  /** Put it on a line of its own. @defaultValue false */
  readonly apart?: boolean;
}

/** Lays out a row on as many lines as it needs: a cell that does not fit begins the next line. */
export function flow(cells: readonly Cell[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  const end = () => {
    if (width > 0) lines.push(line);
    line = '';
    width = 0;
  };
  const indentOf = () => (lines.length === 0 || columns < INDENT.length * 3 ? '' : INDENT);
  for (const { text, paint = String, least, apart = false } of cells) {
    const bare = text.trim();
    const needed = Math.min(textWidth(text.trimEnd()), least ?? Number.POSITIVE_INFINITY);
    if (width > 0 && (apart || width + GAP.length + needed > columns)) end();
    const before = width > 0 ? GAP : indentOf();
    const room = columns - width - before.length;
    const isFirst = lines.length === 0 && width === 0;
    const fitting = textWidth(text) <= room && (isFirst || width > 0) ? text : bare;
    if (textWidth(fitting) <= room || least !== undefined) {
      const shown = cut(fitting, room);
      line += before + paint(shown);
      width += before.length + textWidth(shown);
    } else {
      // Too wide even for a line of its own: it is wrapped, so that nothing is lost. The line before has ended.
      const wrapped = isFirst ? wrapWords(bare, columns, INDENT) : wrapWords(bare, room).map((each) => before + each);
      lines.push(...wrapped.map((each) => paint(each)));
    }
  }
  end();
  return lines.map((each) => each.trimEnd());
}
