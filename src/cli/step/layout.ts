import { escapeText } from '../render/escape.js';
import type { Style } from '../render/style.js';
import { textWidth, wrap } from '../render/width.js';
import { eventLines, type PaneLine, stateLinesOf } from './pane-lines.js';
import type { View } from './view.js';

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** One half of the screen: all its lines, of which a page is shown at a time. */
export interface Pane {
  readonly width: number;
  /** The lines, wrapped to the width and safe to show. */
  readonly lines: readonly PaneLine[];
  /** How many of the lines, before they were wrapped, are what the event did. */
  readonly changes: number;
  /** The line to begin with unless it was scrolled: there is the first change. */
  readonly start: number;
  /** The last line that it makes sense to begin with. */
  readonly most: number;
}

/** How the halves are laid out in a terminal of some size. */
export interface Layout {
  readonly size: Size;
  /** How many lines each half has. */
  readonly page: number;
  readonly event: Pane;
  readonly state: Pane;
}

/** What stands between the halves. */
export const DIVIDER = ' │ ';
/** Lines that are not part of the halves: title, headings, message, keys. */
const FRAME_ROWS = 4;
/** The part of the width that is the event's. */
const EVENT_SHARE = 0.42;

/** Lays out what is to be seen. */
export function layOut(view: Pick<View, 'frame' | 'compared'>, { columns, rows }: Size, style: Style): Layout {
  const page = Math.max(1, rows - FRAME_ROWS);
  const left = Math.max(1, Math.floor((columns - DIVIDER.length) * EVENT_SHARE));
  const right = Math.max(1, columns - DIVIDER.length - left);
  return {
    size: { columns, rows },
    page,
    event: pane(eventLines(view.frame, style), left, page),
    state: pane(stateLinesOf(view, style), right, page),
  };
}

/** The line that a half begins with, when it was scrolled to one or was not. */
export function beginning({ start, most }: Pane, scroll: number | undefined): number {
  return Math.min(scroll ?? start, most);
}

function pane(lines: readonly PaneLine[], width: number, page: number): Pane {
  const wrapped = lines.flatMap((line) => fitted(line, width));
  // The first change is shown with a little of what stands before it.
  const change = wrapped.findIndex(({ isChange }) => isChange === true);
  return {
    width,
    lines: wrapped,
    changes: lines.filter(({ isChange }) => isChange).length,
    start: change < page - 1 ? 0 : change - 2,
    most: Math.max(0, wrapped.length - page),
  };
}

function fitted({ aside, ...line }: PaneLine, width: number): PaneLine[] {
  const text = escapeText(line.text);
  const longer = aside === undefined ? text : text + escapeText(aside);
  if (textWidth(longer) <= width) return [{ ...line, text: longer }];
  return wrap(text, width, '  ').map((piece) => ({ ...line, text: piece }));
}
