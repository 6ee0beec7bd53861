import { textWidth, wrap } from './width.js';

/** Text between quotation marks or backticks: a command, a name. Not apostrophes, which stand inside words too. */
const QUOTED = /["`“][^"`”]*["`”]/g;
/** Stands for a space at which no line ends; stored text reaches a table without it, because it is escaped before. */
const GLUE = '\u0000';

/**
 * Text in lines that fit a width, broken between words, and inside a quotation only when that is wider than a line; a word
 * that is wider is broken where it must be. All lines but the first begin with an indent, if there is room for one.
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
