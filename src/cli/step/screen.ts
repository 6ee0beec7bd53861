import { parseJsonText } from '../../json/parse.js';
import { escapeText } from '../render/escape.js';
import type { Style } from '../render/style.js';
import { indented } from '../render/state.js';
import { cut, padEnd, textWidth } from '../render/width.js';
import { localTime } from '../time-argument.js';
import { stateLines } from './state-lines.js';
import type { View } from './view.js';

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is known of the history that is stepped through. */
export interface Subject {
  readonly id: string;
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
}

/** The smallest terminal that both halves fit in. */
export const SMALLEST: Size = { columns: 50, rows: 10 };
/** Lines that are not part of the halves: title, headings, message, keys. */
const FRAME_ROWS = 4;

const KEYS = '←/→ step  g go to  / find type  m mark  d compare  tab ↑↓ scroll  ? help  q quit';

const HELP = [
  '→  n  l  space    next event',
  '←  p  h           previous event',
  'home  end         before the first event; the last event',
  'g                 go to a sequence or a time',
  '/                 find the next event by a part of its type',
  '.  ,              find it again, forwards or backwards',
  'm                 mark this point',
  'd                 compare with the marked point, or another one; again: stop comparing',
  'tab               scroll the other half',
  '↑  ↓  pgup pgdn   scroll',
  'q                 quit',
];

/** How many lines each half has. */
export function pageRows({ rows }: Size): number {
  return Math.max(1, rows - FRAME_ROWS);
}

/** The lines of the whole screen: as many as it has rows, none wider than it is. */
export function screenLines(view: View, subject: Subject, size: Size, style: Style): string[] {
  const { columns, rows } = size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) {
    const text = `The terminal is too small: ${SMALLEST.columns}×${SMALLEST.rows} are needed. q quits.`;
    return [...Array.from({ length: rows }, (_, row) => cut(row === 0 ? text : '', columns))];
  }
  const page = pageRows(size);
  const state = stateHalf(view, style);
  const left = Math.floor((columns - 3) * 0.42);
  const right = columns - 3 - left;
  const body = view.isHelp
    ? fill(
        HELP.map((text) => cut(text, columns)),
        page,
      )
    : beside(
        half(eventLines(view, style), left, page, view.scroll.event),
        half(state, right, page, view.scroll.state),
        style,
      );
  const point = view.frame.sequence === 0 ? 'before the first event' : `event ${view.frame.sequence}`;
  const title = ` ${subject.aggregate ?? 'merged bodies'}  ${subject.id}  ${point} of ${view.last}`;
  return [
    style.marked(padEnd(cut(title, columns), columns)),
    headings(view, state, left, right, style),
    ...body,
    cut(escapeText(view.message ?? ''), columns),
    promptOrKeys(view, columns, style),
  ];
}

/** A line without escape sequences, and how it is painted. */
interface PaneLine {
  readonly text: string;
  readonly paint?: (text: string) => string;
  /** Whether the half begins here unless it was scrolled. */
  readonly isChange?: boolean;
}

function headings(
  { pane, compared, frame }: View,
  lines: readonly PaneLine[],
  left: number,
  right: number,
  style: Style,
): string {
  const what = compared === undefined ? 'STATE AFTER IT' : `STATE ${compared.sequence} → ${frame.sequence}`;
  const changes = lines.filter(({ isChange }) => isChange).length;
  const state = `${what}, ${changes === 0 ? 'nothing changed' : `${changes} line${changes === 1 ? '' : 's'} changed`}`;
  const shown = (text: string, isActive: boolean, width: number) =>
    (isActive ? style.heading : style.faint)(padEnd(cut(`${isActive ? '▸ ' : '  '}${text}`, width), width));
  return `${shown('EVENT', pane === 'event', left)}   ${shown(state, pane === 'state', right)}`;
}

function eventLines({ frame: { step } }: View, style: Style): PaneLine[] {
  if (step === undefined) return [{ text: '(before the first event)', paint: style.faint }];
  const { event, gapAfter } = step;
  const gap = gapAfter === undefined ? [] : [{ text: `! nothing after ${gapAfter}`, paint: style.removed }];
  return [
    ...gap,
    { text: event.type, paint: (text) => style.type(text, event.type) },
    { text: localTime(event.timestamp.time), paint: style.faint },
    { text: event.timestamp.toString(), paint: style.faint },
    { text: '' },
    ...indented(event.body)
      .split('\n')
      .map((text) => ({ text })),
  ];
}

function stateHalf({ frame, compared }: View, style: Style): PaneLine[] {
  const { step, state } = frame;
  const before = compared?.state ?? step?.before ?? state;
  const paints = { same: undefined, added: style.good, changed: style.changed, removed: style.removed };
  const signs = { same: ' ', added: '+', changed: '~', removed: '-' };
  const lines = stateLines(parseJsonText(before), parseJsonText(state)).map(({ text, change }): PaneLine => {
    const paint = paints[change];
    return { text: `${signs[change]} ${text}`, isChange: change !== 'same', ...(paint === undefined ? {} : { paint }) };
  });
  if (step?.error === undefined || compared !== undefined) return lines;
  return [
    { text: `! ${step.error.message}`, paint: style.removed, isChange: true },
    { text: '  Stepped over: this is the state before it.', paint: style.faint },
    { text: '' },
    ...lines,
  ];
}

/** The lines of one half: wrapped to its width, from a line on. */
function half(lines: readonly PaneLine[], width: number, page: number, from: number | undefined): string[] {
  const wrapped = lines.flatMap((line) => wrap(escapeText(line.text), width).map((text) => ({ ...line, text })));
  const most = Math.max(0, wrapped.length - page);
  // The first change is shown with a little of what stands before it.
  const change = wrapped.findIndex(({ isChange }) => isChange === true);
  const begin = Math.min(from ?? (change < page - 1 ? 0 : Math.max(0, change - 2)), most);
  const shown = wrapped.slice(begin, begin + page).map(({ text, paint }) => (paint ?? String)(padEnd(text, width)));
  return fill(shown, page, ' '.repeat(width));
}

/** Text in pieces that fit, so that nothing is lost. */
function wrap(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const pieces: string[] = [];
  let piece = '';
  for (const character of text) {
    if (textWidth(piece + character) > width) {
      pieces.push(piece);
      piece = '  ';
    }
    piece += character;
  }
  return [...pieces, piece];
}

function beside(left: readonly string[], right: readonly string[], style: Style): string[] {
  return left.map((text, row) => `${text} ${style.faint('│')} ${right[row] ?? ''}`);
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
  return cut(`${QUESTIONS[prompt.asks]}${escapeText(prompt.text)}█`, columns);
}
