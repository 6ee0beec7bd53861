import { textWidth, wrap } from '../../text/width.js';

/** Text between quotation marks or backticks, such as a command. Not between apostrophes, which also occur in words. */
const QUOTED = /["`“][^"`”]*["`”]/g;
/** Replaces a space at which no line may end. Stored text cannot contain it, because it was escaped. */
const GLUE = '\u0000';

/**
 * Wraps a text into lines that fit a width, between words; inside a quotation or a word only when that is wider than a line.
 * All lines but the first begin with the indent, if there is room for it.
 */
export function wrapWords(text: string, columns: number, indent = ''): string[] {
  if (textWidth(text) <= columns) return [text];
  const lead = columns > indent.length * 2 ? indent : '';
  const room = columns - lead.length;
  const glued = text.replace(QUOTED, (quoted) =>
    textWidth(quoted) + 2 <= room ? quoted.replaceAll(' ', GLUE) : quoted,
  );
  const begin = /^ */.exec(glued)?.[0] ?? '';
  const lines: string[] = [];
  let line = begin;
  let isEmpty = true;
  for (const word of glued.slice(begin.length).split(' ')) {
    const shown = word.replaceAll(GLUE, ' ');
    const longer = isEmpty ? line + shown : `${line} ${shown}`;
    if (textWidth(longer) <= columns) line = longer;
    else {
      const [first = '', ...others] = wrap((isEmpty ? line : lead) + shown, columns, lead);
      if (!isEmpty) lines.push(line);
      lines.push(...[first, ...others].slice(0, -1));
      line = others.at(-1) ?? first;
    }
    isEmpty = false;
  }
  return [...lines, line];
}
