import { createRequire } from 'node:module';
import type measureWidth from 'string-width';

/** Text of these characters takes one column each; measuring all other text is much slower. */
const PLAIN = /^[\x20-\x7e]*$/;

/** What measures all other text is loaded for the first such text: that takes longer than most commands. */
const load = createRequire(import.meta.url);
let measure: typeof measureWidth | undefined;
let segmenter: Intl.Segmenter | undefined;

function stringWidth(text: string): number {
  measure ??= (load('string-width') as { readonly default: typeof measureWidth }).default;
  return measure(text);
}

/** Splits text where a reader sees characters, so that none is cut in half. */
function characters(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** How many columns of a terminal a text without control characters takes. */
export function textWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text, cut with an ellipsis when it takes more columns than given. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return '';
  // No character takes more than two code units per column by much, so what lies far behind cannot show.
  const candidate = text.length > columns * 16 ? text.slice(0, columns * 16) : text;
  if (PLAIN.test(candidate)) return text.length <= columns ? text : `${candidate.slice(0, columns - 1)}…`;
  return textWidth(text) <= columns ? text : `${beginning(candidate, columns - 1)}…`;
}

/** The text filled up with spaces to a width; unchanged when it is wider. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** As many of the first characters as fit. */
function beginning(text: string, columns: number): string {
  let width = 0;
  let result = '';
  for (const { segment } of characters(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    result += segment;
  }
  return result;
}

/**
 * Text without control characters in pieces, nothing lost, that fit a width in which there is room for every character;
 * all but the first begin with an indent if there is room for one.
 */
export function wrap(text: string, columns: number, indent = ''): string[] {
  if (textWidth(text) <= columns) return [text];
  const lead = columns > indent.length * 2 ? indent : '';
  const pieces: string[] = [];
  let piece = '';
  let taken = 0;
  for (const [part, width] of parts(text)) {
    if (taken + width > columns && taken > 0) {
      pieces.push(piece);
      piece = lead;
      taken = lead.length;
    }
    piece += part;
    taken += width;
  }
  return [...pieces, piece];
}

/** What must stay together, and its width. */
function* parts(text: string): Generator<readonly [part: string, width: number]> {
  if (PLAIN.test(text)) for (const character of text) yield [character, 1];
  else for (const { segment } of characters(text)) yield [segment, textWidth(segment)];
}
