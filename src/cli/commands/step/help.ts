import { GAP } from '../../render/flow.js';
import { cut, padEnd } from '../../../text/width.js';
import { wrapWords } from '../../render/words.js';

/** The keys in the last line of the screen, the most needed first. */
const KEYS = ['←/→ step', 'g goto', '/ find', 'm mark', 'd compare', '↑↓ move', 'r render'];
/** The keys that even a narrow screen shows, at the end of the line. */
const ALWAYS = ['? help', 'q quit'];

/** Fewest columns for the searched text. */
const LEAST_SEARCHED = 3;

/** The last line of the screen: as many keys as fit. */
export function keysFor(columns: number): string {
  return firstThatFits(
    KEYS.map((_, index) => [...KEYS.slice(0, KEYS.length - index), ...ALWAYS]),
    columns,
  );
}

/** The last line of the screen during a search for a text, which is cut to the room beside the keys. */
export function searchKeysFor(searched: string, columns: number): string {
  const keys = (text: string) => [`n/N next/previous "${text}"`, 'Esc ends', ...ALWAYS];
  const room = columns - keys('').join(GAP).length;
  if (room >= LEAST_SEARCHED) return keys(cut(searched, room)).join(GAP);
  return firstThatFits(
    [
      ['n/N next/previous', 'Esc ends', ...ALWAYS],
      ['Esc ends', ...ALWAYS],
    ],
    columns,
  );
}

function firstThatFits(lines: readonly (readonly string[])[], columns: number): string {
  return lines.map((keys) => keys.join(GAP)).find((line) => line.length <= columns) ?? ALWAYS.join(GAP);
}

/** The keys and what they do, for the help. */
const HELP: readonly (readonly [keys: string, does: string])[] = [
  ['→  l  space', 'the next event (n too, before you search)'],
  ['←  h  p', 'the event before'],
  ['↑ ↓  k j  pgup pgdn', 'scroll the part marked ▸, or move in the list of events'],
  ['tab', 'choose the next part'],
  ['home gg  end G', 'before the first event; the last event'],
  ['g', 'go to a sequence, a time or "last"'],
  ['/', 'find the next event by a text in type, body, metadata'],
  ['n N  or  . ,', 'find it again, forwards or backwards; Esc ends the search'],
  ['m', 'mark this point'],
  ['d', 'compare with the marked point, or with one you enter;'],
  ['', 'press it again to see the changes by the event'],
  ['c', 'scroll the state to the next change'],
  ['r', 'show the state as its definition renders it, or as JSON'],
  ['Esc', 'stop a long search; end comparing'],
  ['q', 'quit'],
  ['', ''],
  ['+ ~ - !', 'in the state: added, changed, removed, an error'],
];

/** The lines of the help: what each key does is beside it, or below it in a narrow terminal. */
export function helpLines(columns: number): string[] {
  const width = Math.max(...HELP.map(([keys]) => keys.length)) + 2;
  const isBeside = columns >= Math.max(...HELP.map(([, does]) => does.length)) + width;
  return HELP.flatMap(([keys, does]) => {
    if (isBeside) return [padEnd(keys, width) + does];
    return [...(keys === '' ? [] : [cut(keys, columns)]), ...wrapWords(does, columns - 2).map((line) => `  ${line}`)];
  });
}

/** Number of lines of a page of help: all rows but title, heading, message and keys. */
export function helpRows(rows: number): number {
  return Math.max(1, rows - 4);
}
