import { escapeText } from '../../text/escape.js';
import { type Cell, flow, GAP } from './flow.js';
import { ID_WIDTH, shortIdWidth } from './short-ids.js';
import type { Style } from './style.js';
import { cut, padEnd, textWidth } from '../../text/width.js';

/** One column of a table. */
export interface Column<Row> {
  readonly heading: string;
  /** The text for a row; the table escapes it. */
  readonly value: (row: Row) => string;
  /** `right` for numbers. @defaultValue left */
  readonly align?: 'right';
  readonly paint?: (text: string, row: Row) => string;
  /** Fewest columns to which values are cut in a narrow terminal. @defaultValue never cut */
  readonly least?: number;
  /** Values that do not fit go on lines of their own instead of being cut; for the last column. @defaultValue false */
  readonly wraps?: boolean;
  /** The values are ids, which a narrow terminal shows shortened as far as commands accept. @defaultValue false */
  readonly isId?: boolean;
  /** The column is left out in a narrow terminal, the highest number first. @defaultValue never left out */
  readonly optional?: number;
}

interface PlacedColumn<Row> extends Column<Row> {
  width: number;
  /** True when ids are shortened. */
  readonly isShort?: boolean;
}

/**
 * A table laid out by its first rows for the width of the terminal, so that further rows can be printed as they come. A
 * library lays out all rows together, which holds a whole log and takes a second per thousand rows; what is known at
 * once is `factTable`'s.
 */
export class FittedTable<Row> {
  readonly #columns: readonly PlacedColumn<Row>[];
  readonly #width: number | undefined;
  readonly #style: Style;
  /** True when a row that fits takes one line; false when each takes several. */
  readonly #isOneLine: boolean;

  constructor(columns: readonly Column<Row>[], first: readonly Row[], width: number | undefined, style: Style) {
    const placed = columns.map((column) => ({
      ...column,
      width: Math.max(
        column.isId === true ? ID_WIDTH : column.heading.length,
        ...first.map((row) => textWidth(escapeText(column.value(row)))),
      ),
    }));
    const fitting = width === undefined ? placed : fitted(placed, first, width);
    const kept = placed.filter(({ optional }) => optional === undefined);
    this.#columns = fitting ?? (width !== undefined && width < ID_WIDTH ? withShortIds(kept, first) : kept);
    this.#isOneLine = fitting !== undefined;
    this.#width = width;
    this.#style = style;
  }

  /** The headings, on one or several lines. */
  get head(): string {
    const cells = this.#columns.map((column) => {
      const heading = column.isShort === true ? `${column.heading}…` : column.heading;
      return { text: column.align === 'right' ? heading.padStart(column.width) : heading.padEnd(column.width) };
    });
    if (!this.#isOneLine && this.#width !== undefined)
      return flow(cells, this.#width).map(this.#style.heading).join('\n');
    return this.#style.heading(
      cells
        .map(({ text }) => text)
        .join(GAP)
        .trimEnd(),
    );
  }

  /** One row, on one or several lines. */
  line(row: Row): string {
    const cells = this.#columns.map((column, index): Cell & { readonly column: PlacedColumn<Row> } => {
      const text = escapeText(column.value(row));
      const { width, least, align, paint } = column;
      const shown =
        column.isShort === true
          ? text.slice(0, width)
          : this.#width !== undefined && this.#isOneLine && least !== undefined && column.wraps !== true
            ? cut(text, width)
            : text;
      const isLast = index === this.#columns.length - 1;
      return {
        column,
        text: align === 'right' ? shown.padStart(width) : isLast ? shown : padEnd(shown, width),
        paint: paint === undefined ? undefined : (piece) => paint(piece, row),
      };
    });
    if (this.#width === undefined) return joined(cells);
    const last = cells.at(-1);
    if (last?.column.wraps === true && this.#isOneLine && textWidth(last.text) > last.column.width)
      return flow([...cells.slice(0, -1), { ...last, apart: true }], this.#width).join('\n');
    // A row with longer values than those of the layout takes more lines.
    const isWider =
      textWidth(
        cells
          .map(({ text }) => text)
          .join(GAP)
          .trimEnd(),
      ) > this.#width;
    return isWider || !this.#isOneLine ? flow(cells, this.#width).join('\n') : joined(cells);
  }
}

function joined(cells: readonly Cell[]): string {
  return cells
    .map(({ text, paint = String }) => paint(text))
    .join(GAP)
    .trimEnd();
}

/** The columns that fit on one line: with whole ids, else shortened ids, else fewer columns; `undefined` if nothing fits. */
function fitted<Row>(
  columns: readonly PlacedColumn<Row>[],
  first: readonly Row[],
  width: number,
): readonly PlacedColumn<Row>[] | undefined {
  let kept = columns;
  for (;;) {
    for (const candidate of [kept, withShortIds(kept, first)]) {
      const over = candidate.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length) - width;
      if (over <= 0) return candidate;
      const spare = candidate.reduce((sum, { width, least = width }) => sum + Math.max(0, width - least), 0);
      if (spare >= over) return shrunk(candidate, over);
    }
    const dropped = kept.reduce<PlacedColumn<Row> | undefined>(
      (most, column) => ((column.optional ?? 0) > (most?.optional ?? 0) ? column : most),
      undefined,
    );
    if (dropped === undefined) return undefined;
    kept = kept.filter((column) => column !== dropped);
  }
}

function withShortIds<Row>(columns: readonly PlacedColumn<Row>[], first: readonly Row[]): readonly PlacedColumn<Row>[] {
  return columns.map((column) => {
    if (column.isId !== true) return column;
    const width = shortIdWidth(first.map(column.value));
    return { ...column, width, isShort: width < ID_WIDTH };
  });
}

/** Makes columns narrower by `over` in total, the widest first. */
function shrunk<Row>(columns: readonly PlacedColumn<Row>[], over: number): PlacedColumn<Row>[] {
  const result = columns.map((column) => ({ ...column }));
  const room = ({ width, least = width }: PlacedColumn<Row>) => width - least;
  for (let left = over; left > 0; left -= 1) {
    const widest = result.filter((column) => room(column) > 0).sort((a, b) => b.width - a.width)[0];
    if (widest !== undefined) widest.width -= 1;
  }
  return result;
}
