import { CHANGE_SIGNS, changeText, pointerText, valueTexts } from '../../folding/change-text.js';
import type { Change } from '../../json/compare/diff.js';
import { escapeText } from '../../text/escape.js';
import { cut, textWidth, wrap } from '../../text/width.js';
import type { Style } from './style.js';

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
    ...wrap(`${indent}${CHANGE_SIGNS[change.op]} ${escapeText(pointerText(change))}`, columns, deeper),
    ...valueTexts(change).map((value, index) =>
      cut(`${deeper}${index === 0 ? '' : '→ '}${escapeText(value)}`, columns),
    ),
  ];
}

/** The colour for the text of a change. */
export function changePaint({ op }: Change, style: Style): (text: string) => string {
  if (op === 'replace') return style.changed;
  return op === 'add' ? style.good : style.removed;
}
