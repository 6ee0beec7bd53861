import { escapeText } from '../../../text/escape.js';
import type { Style } from '../../render/style.js';
import { textWidth, wrap } from '../../../text/width.js';
import { eventPaneLines, type PaneLine, stateLinesOf } from './pane-lines.js';
import type { PaneName, View } from './view.js';

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** One half of the screen: all its lines, of which it shows a page. */
export interface Pane {
  readonly width: number;
  /** The number of lines that it shows. */
  readonly page: number;
  /** The lines, wrapped to the width and safe to show. */
  readonly lines: readonly PaneLine[];
  /** Number of changed lines, before wrapping. */
  readonly changes: number;
  /** The first line to show unless scrolled, so that the first change is visible. */
  readonly start: number;
  /** The largest first line: there the last line is at the bottom. */
  readonly most: number;
}

/** The parts of the screen for a size of the terminal. */
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
/** The event's fraction of the width or height. */
const EVENT_SHARE = { beside: 0.42, above: 0.4 };
/** Fewest columns for the halves beside each other, and for a list of events beside them. */
const BESIDE_COLUMNS = 60;
const LIST_COLUMNS = 100;
/** Fewest rows for one half above the other. */
const ABOVE_ROWS = 14;
const LIST = { share: 0.24, least: 24, most: 44 };

/** Lays out a view for a size of the terminal. */
export function layOut(
  view: Pick<View, 'frame' | 'compared' | 'isRendered'>,
  { columns, rows }: Size,
  style: Style,
): Layout {
  const page = Math.max(1, rows - FRAME_ROWS);
  const size = { columns, rows };
  const lines = { event: eventPaneLines(view.frame, style), state: stateLinesOf(view, style) };
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

/** The part in which the arrow keys move. */
export function activePane({ pane }: Pick<View, 'pane'>, { list }: Pick<Layout, 'list'>): PaneName {
  return pane === 'events' && list === undefined ? 'state' : pane;
}

/** The first line that a half shows. */
export function beginning({ start, most }: Pane, scroll: number | undefined): number {
  return Math.min(scroll ?? start, most);
}

function listWidth(columns: number): number {
  return Math.min(LIST.most, Math.max(LIST.least, Math.floor(columns * LIST.share)));
}

function pane(lines: readonly PaneLine[], width: number, page: number): Pane {
  const wrapped = lines.flatMap((line) => fitted(line, width));
  // The first change is shown with two lines before it.
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
