import { escapeText } from './escape.js';
import { GAP } from './flow.js';
import type { Style } from './style.js';
import { textWidth } from './width.js';
import { wrapWords } from './words.js';

/** Values stand below their names when there are fewer columns left beside them. */
const LEAST = 20;
const INDENT = '  ';

/**
 * Facts about one thing: name, then value, which goes on in the next line when it is wider than the terminal, between words.
 * Those further lines begin `hang` columns further right than the value. A value with a word that is wider than the room
 * beside the names, an id say, stands below its name.
 */
export function factTable(
  facts: readonly (readonly [name: string, value: string])[],
  style: Style,
  columns?: number,
  hang = 0,
): string {
  const names = Math.max(...facts.map(([name]) => textWidth(name))) + GAP.length;
  const lines = facts.flatMap(([name, value]) => {
    const text = escapeText(value);
    const heading = style.heading(name);
    const beside = (lines: readonly string[]) =>
      lines.map(
        (line, index) => (index === 0 ? heading + ' '.repeat(names - textWidth(name)) : ' '.repeat(names)) + line,
      );
    if (columns === undefined) return beside([text]);
    const room = columns - names;
    const longest = Math.max(...text.split(' ').map(textWidth));
    const isBelow = room < LEAST || (longest > room && textWidth(text) > room && longest <= columns - INDENT.length);
    if (!isBelow) return beside(wrapWords(text, room, ' '.repeat(hang)));
    const below = wrapWords(text, columns - INDENT.length, ' '.repeat(hang)).map((line) => INDENT + line);
    return name === '' ? below : [heading, ...below];
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}
