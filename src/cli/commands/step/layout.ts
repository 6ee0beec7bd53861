import { escapeText } from '../../render/escape.js';
import type { Style } from '../../render/style.js';
import { textWidth, wrap } from '../../render/width.js';
import { eventLines, type PaneLine, stateLinesOf } from './pane-lines.js';
import type { PaneName, View } from './view.js';

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** One half of the screen: all its lines, of which a page is shown at a time. */
export interface Pane {
  readonly width: number;
  /** The number of lines that it shows. */
  readonly page: number;
  /** The lines, wrapped to the width and safe to show. */
  readonly lines: readonly PaneLine[];
  /** How many of the lines, before they were wrapped, are what the event did. */
  readonly changes: number;
  /** The line to begin with unless it was scrolled: there is the first change. */
  readonly start: number;
  /** The last line that it makes sense to begin with. */
  readonly most: number;
}

/** The layout of the parts in a terminal of some size. */
export interface Layout {
  readonly size: Size;
  /** The event beside the state, above it, or one of them at a time. */
  readonly halves: 'beside' | 'above' | 'one';
  /** The list of events, where there is room for it. */
  readonly list: { readonly width: number; readonly page: number } | undefined;
  readonly event: Pane;
  readonly state: Pane;
}

/** The divider between parts beside each other. */
export const DIVIDER = ' │ ';
/** Lines that are not part of the halves: title, headings, message, keys. */
const FRAME_ROWS = 4;
/** The part of the width, or of the height, that is the event's. */
const EVENT_SHARE = { beside: 0.42, above: 0.4 };
/** The least columns for the halves beside each other, and for a list of events beside them. */
const BESIDE_COLUMNS = 60;
export const LIST_COLUMNS = 100;
/** The least rows for one half above the other. */
const ABOVE_ROWS = 14;
const LIST = { share: 0.24, least: 24, most: 44 };

/** Lays out what is to be seen. */
export function layOut(
  view: Pick<View, 'frame' | 'compared' | 'isRendered'>,
  { columns, rows }: Size,
  style: Style,
): Layout {
  const page = Math.max(1, rows - FRAME_ROWS);
  const size = { columns, rows };
  const lines = { event: eventLines(view.frame, style), state: stateLinesOf(view, style) };
  if (columns < BESIDE_COLUMNS) {
    const halves = rows < ABOVE_ROWS ? 'one' : 'above';
    // The heading of the second half takes a line.
    const upper = halves === 'one' ? page : Math.floor((page - 1) * EVENT_SHARE.above);
    const lower = halves === 'one' ? page : page - 1 - upper;
    const [event, state] = [pane(lines.event, columns, upper), pane(lines.state, columns, lower)];
    return { size, halves, list: undefined, event, state };
  }
  const list = columns < LIST_COLUMNS ? undefined : { width: listWidth(columns), page };
  const room = columns - DIVIDER.length - (list === undefined ? 0 : list.width + DIVIDER.length);
  const left = Math.floor(room * EVENT_SHARE.beside);
  return {
    size,
    halves: 'beside',
    list,
    event: pane(lines.event, left, page),
    state: pane(lines.state, room - left, page),
  };
}

/** The part that the arrow keys move in. */
export function activePane({ pane }: Pick<View, 'pane'>, { list }: Pick<Layout, 'list'>): PaneName {
  return pane === 'events' && list === undefined ? 'state' : pane;
}

/** The line that a half begins with, when it was scrolled to one or was not. */
export function beginning({ start, most }: Pane, scroll: number | undefined): number {
  return Math.min(scroll ?? start, most);
}

function listWidth(columns: number): number {
  return Math.min(LIST.most, Math.max(LIST.least, Math.floor(columns * LIST.share)));
}

function pane(lines: readonly PaneLine[], width: number, page: number): Pane {
  const wrapped = lines.flatMap((line) => fitted(line, width));
  // The first change is shown with a little of what stands before it.
  const change = wrapped.findIndex(({ isChange }) => isChange === true);
  return {
    width,
    page,
    lines: wrapped,
    changes: lines.filter(({ isChange }) => isChange).length,
    start: change < page - 1 ? 0 : Math.max(0, change - 2),
    most: Math.max(0, wrapped.length - page),
  };
}

function fitted({ aside, ...line }: PaneLine, width: number): PaneLine[] {
  const text = escapeText(line.text);
  const longer = aside === undefined ? text : text + escapeText(aside);
  if (textWidth(longer) <= width) return [{ ...line, text: longer }];
  return wrap(text, width, '  ').map((piece) => ({ ...line, text: piece }));
}
