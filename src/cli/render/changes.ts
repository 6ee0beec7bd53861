import type { Change } from '../../json/diff.js';
import { printJson } from '../../json/print.js';
import { escapeText } from '../../text/escape.js';
import type { Style } from './style.js';
import { cut, textWidth, wrap } from './width.js';

const SIGNS = { add: '+', remove: '-', replace: '~' } as const;

/** A change on one line: `+ /owner "Ada"`, `~ /balance 5 → 7`, `- /closed true`. Not escaped. */
export function changeText(change: Change): string {
  return `${SIGNS[change.op]} ${pointerText(change)} ${valueTexts(change).join(' → ')}`;
}

/** Further indent of the values of a change. */
const DEEPER = '    ';

/**
 * A change as lines, escaped. If it is wider than the terminal, the path and each value have lines of their own, and a value
 * that is still too wide is cut.
 */
export function changeLines(change: Change, columns: number | undefined, indent = ''): string[] {
  const line = indent + escapeText(changeText(change));
  if (columns === undefined || textWidth(line) <= columns) return [line];
  const deeper = columns > 40 ? indent + DEEPER : '  ';
  return [
    ...wrap(`${indent}${SIGNS[change.op]} ${escapeText(pointerText(change))}`, columns, deeper),
    ...valueTexts(change).map((value, index) =>
      cut(`${deeper}${index === 0 ? '' : '→ '}${escapeText(value)}`, columns),
    ),
  ];
}

function pointerText({ path }: Change): string {
  return path === '' ? '(the whole state)' : path;
}

function valueTexts(change: Change): string[] {
  return [
    ...('before' in change ? [printJson(change.before)] : []),
    ...('value' in change ? [printJson(change.value)] : []),
  ];
}

/** The colour for the text of a change. */
export function changePaint({ op }: Change, style: Style): (text: string) => string {
  if (op === 'replace') return style.changed;
  return op === 'add' ? style.good : style.removed;
}
