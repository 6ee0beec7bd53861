import { escapeText } from './escape.js';
import type { Style } from './style.js';
import { cut, padEnd, textWidth } from './width.js';

/** One column of a table of rows. */
export interface Column<Row> {
  readonly heading: string;
  /** What stands in it; escaped before it is shown. */
  readonly value: (row: Row) => string;
  /** Numbers stand right. @defaultValue left */
  readonly align?: 'right';
  readonly paint?: (text: string, row: Row) => string;
  /** May be cut to this many columns when the terminal is narrow. @defaultValue never cut */
  readonly least?: number;
  /** Left out when the terminal is narrow, the highest number first. @defaultValue never left out */
  readonly optional?: number;
}

interface PlacedColumn<Row> extends Column<Row> {
  width: number;
}

const GAP = '  ';

/** A table that is laid out by its first rows for the width of the terminal, so that the others can follow as they come. */
export class FittedTable<Row> {
  readonly #columns: readonly PlacedColumn<Row>[];
  readonly #width: number | undefined;
  readonly #style: Style;

  constructor(columns: readonly Column<Row>[], first: readonly Row[], width: number | undefined, style: Style) {
    const placed = columns.map((column) => ({
      ...column,
      width: Math.max(column.heading.length, ...first.map((row) => textWidth(escapeText(column.value(row))))),
    }));
    this.#columns = width === undefined ? placed : fitted(placed, width);
    this.#width = width;
    this.#style = style;
  }

  /** The line of headings. */
  get head(): string {
    const cells = this.#columns.map(({ heading, width, align }) =>
      align === 'right' ? heading.padStart(width) : heading.padEnd(width),
    );
    return this.#style.heading(this.#cut(cells.join(GAP).trimEnd()));
  }

  /** The line of one row. */
  line(row: Row): string {
    const texts = this.#columns.map(({ value }) => escapeText(value(row)));
    const cells = this.#columns.map((column, index) => {
      const text = texts[index] ?? '';
      const shown = this.#width === undefined || column.least === undefined ? text : cut(text, column.width);
      const isLast = index === this.#columns.length - 1;
      const padded =
        column.align === 'right' ? shown.padStart(column.width) : isLast ? shown : padEnd(shown, column.width);
      return { padded, painted: column.paint?.(padded, row) ?? padded };
    });
    const plain = cells.map(({ padded }) => padded).join(GAP);
    // Where even that does not fit (a later row with longer values), the beginning is shown, without colour.
    if (this.#width !== undefined && textWidth(plain.trimEnd()) > this.#width) return cut(plain, this.#width);
    return cells
      .map(({ painted }) => painted)
      .join(GAP)
      .trimEnd();
  }

  #cut(text: string): string {
    return this.#width === undefined ? text : cut(text, this.#width);
  }
}

function fitted<Row>(columns: PlacedColumn<Row>[], width: number): PlacedColumn<Row>[] {
  let kept = columns;
  for (;;) {
    const over = kept.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length) - width;
    if (over <= 0) return kept;
    const spare = kept.reduce((sum, { width, least = width }) => sum + Math.max(0, width - least), 0);
    if (spare >= over) return shrunk(kept, over);
    const dropped = kept.reduce<PlacedColumn<Row> | undefined>(
      (most, column) => ((column.optional ?? 0) > (most?.optional ?? 0) ? column : most),
      undefined,
    );
    if (dropped === undefined) return shrunk(kept, Math.min(over, spare));
    kept = kept.filter((column) => column !== dropped);
  }
}

/** Takes columns from those that can be cut, the widest first. */
function shrunk<Row>(columns: readonly PlacedColumn<Row>[], over: number): PlacedColumn<Row>[] {
  const result = columns.map((column) => ({ ...column }));
  const room = ({ width, least = width }: PlacedColumn<Row>) => width - least;
  for (let left = over; left > 0; left -= 1) {
    const widest = result.filter((column) => room(column) > 0).sort((a, b) => b.width - a.width)[0];
    if (widest !== undefined) widest.width -= 1;
  }
  return result;
}
