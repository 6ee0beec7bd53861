import { createRequire } from 'node:module';
import type measureWidth from 'string-width';

/** Text in which each character takes one column; measuring other text is much slower. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Loads the package that measures other text, only when it is needed: that takes longer than most commands. */
const load = createRequire(import.meta.url);
let measure: typeof measureWidth | undefined;
let segmenter: Intl.Segmenter | undefined;

function stringWidth(text: string): number {
  measure ??= (load('string-width') as { readonly default: typeof measureWidth }).default;
  return measure(text);
}

/** The characters of a text as a reader sees them (grapheme clusters). */
function characters(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** The number of terminal columns of a text without control characters. */
export function textWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text, cut with an ellipsis when it takes more columns. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return '';
  // Sixteen code units per column are more than enough, so the rest is not measured.
  const candidate = text.length > columns * 16 ? text.slice(0, columns * 16) : text;
  if (PLAIN.test(candidate)) return text.length <= columns ? text : `${candidate.slice(0, columns - 1)}…`;
  return textWidth(text) <= columns ? text : `${beginning(candidate, columns - 1)}…`;
}

/** The text padded with spaces to a width; unchanged when it is wider. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** The longest beginning that fits. */
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
 * Splits a text without control characters into pieces that fit a width, wherever it must be. All but the first begin with
 * the indent, if there is room for it.
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

/** The characters of a text, each with its width. */
function* parts(text: string): Generator<readonly [part: string, width: number]> {
  if (PLAIN.test(text)) for (const character of text) yield [character, 1];
  else for (const { segment } of characters(text)) yield [segment, textWidth(segment)];
}
