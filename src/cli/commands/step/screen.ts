import ansi from 'ansi-escapes';
import { escapeText } from '../../../text/escape.js';
import type { Style } from '../../render/style.js';
import { cut, padEnd, wrap } from '../../../text/width.js';
import { helpLines, helpRows, keysFor, searchKeysFor } from './help.js';
import { activePane, beginning, DIVIDER, type Layout, type Pane, type Size } from './layout.js';
import { listLines } from './list-lines.js';
import type { View } from './view.js';

/** The history on the screen. */
export interface Subject {
  readonly id: string;
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
}

/** The smallest terminal in which the screen is drawn. */
const SMALLEST: Size = { columns: 20, rows: 6 };

/** The lines of the whole screen: one for each row, none wider than the screen. */
export function screenLines(view: View, subject: Subject, layout: Layout, style: Style): string[] {
  const { columns, rows } = layout.size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return fill(tooSmall(layout.size), rows);
  const body = view.isHelp ? helpPage(view, layout.size, style) : bodyLines(view, layout, style);
  return [
    style.marked(padEnd(cut(title(view, subject), columns), columns)),
    ...fill(body, rows - 3),
    cut(escapeText(view.message ?? ''), columns),
    promptOrKeys(view, columns, style),
  ];
}

function tooSmall({ columns }: Size): string[] {
  return wrap(`Too small: ${SMALLEST.columns}×${SMALLEST.rows} are needed. q quits.`, columns);
}

function helpPage({ helpFrom = 0 }: View, { columns, rows }: Size, style: Style): string[] {
  const lines = helpLines(columns).slice(helpFrom);
  return [style.heading(cut('Keys (press any key to continue)', columns)), ...lines.slice(0, helpRows(rows))];
}

/** The headings and the parts below them. */
function bodyLines(view: View, layout: Layout, style: Style): string[] {
  const { event, state, list, halves } = layout;
  const active = activePane(view, layout);
  const heads = headings(view, layout, style);
  const lines = { event: shownLines(event, view.scroll.event), state: shownLines(state, view.scroll.state) };
  if (halves === 'one') {
    const name = active === 'event' ? 'event' : 'state';
    return [heads[name], ...lines[name]];
  }
  if (halves === 'above') return [heads.event, ...lines.event, heads.state, ...lines.state];
  // The cursor is moved to each part, because terminals disagree about the width of some characters.
  const columnsOf = (texts: readonly string[], divider: string) => {
    let column = 0;
    return texts
      .map((text, index) => {
        const begin = column === 0 ? '' : `${ansi.cursorTo(column - DIVIDER.length)}${divider}`;
        column += (widths[index] ?? 0) + DIVIDER.length;
        return begin + text;
      })
      .join('');
  };
  const widths = [...(list === undefined ? [] : [list.width]), event.width, state.width];
  const events = list === undefined ? undefined : listLines(view, list, style);
  const rows = lines.event.map((text, row) =>
    columnsOf(
      [...(events === undefined ? [] : [events[row] ?? '']), text, lines.state[row] ?? ''],
      style.faint(DIVIDER),
    ),
  );
  const top = [...(list === undefined ? [] : [heads.events]), heads.event, heads.state];
  return [top.join(' '.repeat(DIVIDER.length)), ...rows];
}

function title({ frame, last, mark }: View, { aggregate, id }: Subject): string {
  const point = frame.sequence === 0 ? 'before the first event' : `event ${frame.sequence}`;
  const marked = mark === undefined ? '' : `  marked ${mark}`;
  return ` ${point} of ${last}${marked}  ${id}  ${escapeText(aggregate ?? 'merged bodies')}`;
}

function headings(view: View, layout: Layout, style: Style): Record<'events' | 'event' | 'state', string> {
  const { compared, frame, scroll } = view;
  const { changes } = layout.state;
  const active = activePane(view, layout);
  const state = compared === undefined ? 'STATE AFTER IT' : `STATE ${compared.sequence} → ${frame.sequence}`;
  const changed = changes === 0 ? 'nothing changed' : `${changes} line${changes === 1 ? '' : 's'} changed`;
  const heading = (name: 'events' | 'event' | 'state', text: string, width: number) => {
    const shown = padEnd(cut(`${active === name ? '▸ ' : '  '}${text}`, width), width);
    return (active === name ? style.heading : style.faint)(shown);
  };
  const { event, state: after, list } = layout;
  return {
    events: heading('events', 'EVENTS', list?.width ?? 0),
    event: heading('event', `EVENT${extent(event, scroll.event)}`, event.width),
    state: heading('state', `${state}, ${changed}${extent(after, scroll.state)}`, after.width),
  };
}

/** The visible range of lines of a half, such as ` (1-20/44)`; empty when all are visible. */
function extent(pane: Pane, scroll: number | undefined): string {
  if (pane.most === 0) return '';
  const begin = beginning(pane, scroll);
  return ` (${begin + 1}-${begin + pane.page}/${pane.lines.length})`;
}

function shownLines(pane: Pane, scroll: number | undefined): string[] {
  const begin = beginning(pane, scroll);
  const lines = pane.lines
    .slice(begin, begin + pane.page)
    .map(({ text, paint = String }) => paint(padEnd(text, pane.width)));
  return fill(lines, pane.page, ' '.repeat(pane.width));
}

function fill(lines: readonly string[], rows: number, empty = ''): string[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? empty);
}

const QUESTIONS = {
  goto: 'Go to sequence or time: ',
  search: 'Find in types, bodies and metadata: ',
  compare: 'Compare with sequence or time: ',
} as const;

function promptOrKeys({ prompt, searched }: View, columns: number, style: Style): string {
  if (prompt === undefined)
    return style.faint(searched === undefined ? keysFor(columns) : searchKeysFor(escapeText(searched), columns));
  const question = QUESTIONS[prompt.asks];
  // Of a long answer the end is shown.
  const answer = wrap(escapeText(prompt.text), Math.max(1, columns - question.length - 1)).at(-1);
  return cut(`${question}${answer}█`, columns);
}
