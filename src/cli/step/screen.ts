import ansi from 'ansi-escapes';
import { escapeText } from '../render/escape.js';
import type { Style } from '../render/style.js';
import { cut, padEnd, wrap } from '../render/width.js';
import { HELP, KEYS } from './help.js';
import { beginning, DIVIDER, type Layout, type Pane, type Size } from './layout.js';
import type { View } from './view.js';

/** What is known of the history that is stepped through. */
export interface Subject {
  readonly id: string;
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
}

/** The smallest terminal that both halves fit in. */
export const SMALLEST: Size = { columns: 50, rows: 10 };

/** The lines of the whole screen: as many as it has rows, none wider than it is. */
export function screenLines(view: View, subject: Subject, layout: Layout, style: Style): string[] {
  const { size, page } = layout;
  const { columns, rows } = size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return fill(tooSmall(size), rows);
  const body = view.isHelp ? HELP.map((text) => cut(text, columns)) : halves(view, layout, style);
  return [
    style.marked(padEnd(cut(title(view, subject), columns), columns)),
    view.isHelp ? style.heading('The keys (press any to go on)') : headings(view, layout, style),
    ...fill(body, page),
    cut(escapeText(view.message ?? ''), columns),
    promptOrKeys(view, columns, style),
  ];
}

function tooSmall({ columns }: Size): string[] {
  return wrap(`Too small: ${SMALLEST.columns}×${SMALLEST.rows} are needed. q quits.`, columns);
}

function title({ frame, last, mark }: View, { aggregate, id }: Subject): string {
  const point = frame.sequence === 0 ? 'before the first event' : `event ${frame.sequence}`;
  const marked = mark === undefined ? '' : `  marked ${mark}`;
  return ` ${point} of ${last}${marked}  ${id}  ${escapeText(aggregate ?? 'merged bodies')}`;
}

function headings(view: View, layout: Layout, style: Style): string {
  const { pane, compared, frame, scroll } = view;
  const { changes } = layout.state;
  const state = compared === undefined ? 'STATE AFTER IT' : `STATE ${compared.sequence} → ${frame.sequence}`;
  const changed = changes === 0 ? 'nothing changed' : `${changes} line${changes === 1 ? '' : 's'} changed`;
  const shown = (text: string, name: 'event' | 'state') => {
    const { width } = layout[name];
    const sign = pane === name ? '▸ ' : '  ';
    const heading = cut(`${sign}${text}${extent(layout[name], scroll[name], layout.page)}`, width);
    return (pane === name ? style.heading : style.faint)(padEnd(heading, width));
  };
  return `${shown('EVENT', 'event')}   ${shown(`${state}, ${changed}`, 'state')}`;
}

/** Which of its lines a half shows, when it does not show all. */
function extent(pane: Pane, scroll: number | undefined, page: number): string {
  if (pane.most === 0) return '';
  const begin = beginning(pane, scroll);
  return ` (${begin + 1}-${begin + page}/${pane.lines.length})`;
}

/** Both halves. The right one is put where it belongs, however wide the terminal thinks that the left one is. */
function halves({ scroll }: View, { event, state, page }: Layout, style: Style): string[] {
  const right = shownLines(state, scroll.state, page);
  return shownLines(event, scroll.event, page).map(
    (text, row) => `${text}${ansi.cursorTo(event.width)}${style.faint(DIVIDER)}${right[row] ?? ''}`,
  );
}

function shownLines(pane: Pane, scroll: number | undefined, page: number): string[] {
  const begin = beginning(pane, scroll);
  const lines = pane.lines
    .slice(begin, begin + page)
    .map(({ text, paint = String }) => paint(padEnd(text, pane.width)));
  return fill(lines, page, ' '.repeat(pane.width));
}

function fill(lines: readonly string[], rows: number, empty = ''): string[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? empty);
}

const QUESTIONS = {
  goto: 'Go to sequence or time: ',
  search: 'Find type: ',
  compare: 'Compare with sequence or time: ',
} as const;

function promptOrKeys({ prompt }: View, columns: number, style: Style): string {
  if (prompt === undefined) return style.faint(cut(KEYS, columns));
  const question = QUESTIONS[prompt.asks];
  // Of a long answer, its end.
  const answer = wrap(escapeText(prompt.text), Math.max(1, columns - question.length - 1)).at(-1);
  return cut(`${question}${answer}█`, columns);
}
