import { cut, padEnd } from '../../render/width.js';
import { wrapWords } from '../../render/words.js';

/** The keys that are always on the screen, the most needed first. */
const KEYS = '←/→ step  g goto  / find  m mark  d compare  ↑↓ move  r render  ? help  q quit';
const FEWER_KEYS = '? help  q quit  ←/→ step';

/** Those of them that there is room for. */
export function keysFor(columns: number): string {
  return columns >= KEYS.length ? KEYS : FEWER_KEYS;
}

/** What the keys do. */
const HELP: readonly (readonly [keys: string, does: string])[] = [
  ['→  l  space', 'the next event (n too, before you search)'],
  ['←  h  p', 'the event before'],
  ['↑ ↓  k j  pgup pgdn', 'move in the part marked with ▸: scroll, or in the list step'],
  ['tab', 'choose the next part'],
  ['home gg  end G', 'before the first event; the last event'],
  ['g', 'go to a sequence, a time or "last"'],
  ['/', 'find the next event with a text in its type or body'],
  ['n N  or  . ,', 'find it again, forwards or backwards; Esc ends this'],
  ['m', 'mark this point'],
  ['d', 'compare with the marked point, else with one you name;'],
  ['', 'once more: see what the event changed again'],
  ['c', 'scroll the state to the next change that is out of sight'],
  ['r', 'the state as its definition renders it, or as JSON'],
  ['Esc', 'stop a long search; end comparing'],
  ['q', 'quit'],
  ['', ''],
  ['+ ~ - !', 'in the state: new, another value, gone, a fault'],
];

/** The keys with what they do beside them, or below them where that does not fit. */
export function helpLines(columns: number): string[] {
  const width = Math.max(...HELP.map(([keys]) => keys.length)) + 2;
  const isBeside = columns >= Math.max(...HELP.map(([, does]) => does.length)) + width;
  return HELP.flatMap(([keys, does]) => {
    if (isBeside) return [padEnd(keys, width) + does];
    return [...(keys === '' ? [] : [cut(keys, columns)]), ...wrapWords(does, columns - 2).map((line) => `  ${line}`)];
  });
}

/** The number of lines of help that a terminal shows at a time: all but title, heading, message and keys. */
export function helpRows(rows: number): number {
  return Math.max(1, rows - 4);
}
