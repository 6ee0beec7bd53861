import { cut, textWidth } from './width.js';
import { wrapWords } from './words.js';

/** The space between the columns of a table. */
export const GAP = '  ';
/** The indent of the further lines of a row. */
export const INDENT = '    ';

/** A piece of a row. */
export interface Cell {
  /** Escaped, and filled up to the width of its column. */
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
  /** May be cut to this many columns. @defaultValue never cut */
  readonly least?: number;
  /** Begins a line of its own. */
  readonly apart?: boolean;
}

/** Lays out a row on as many lines as it needs: a piece that does not fit behind the others goes on in the next line. */
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
      // Nothing of it may be lost. What was there before it has ended: it did not fit behind that.
      const wrapped = isFirst ? wrapWords(bare, columns, INDENT) : wrapWords(bare, room).map((each) => before + each);
      lines.push(...wrapped.map((each) => paint(each)));
    }
  }
  end();
  return lines.map((each) => each.trimEnd());
}
