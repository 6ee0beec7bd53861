import { textWidth } from './width.js';

/** Text of these characters can be cut anywhere, and takes one column each. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Splits text where a reader sees characters, so that none is cut in half. */
const characters = new Intl.Segmenter();

/** Text without control characters in pieces that fit a width, so that nothing is lost; all but the first begin with an indent. */
export function wrap(text: string, width: number, indent = ''): string[] {
  if (textWidth(text) <= width) return [text];
  const pieces: string[] = [];
  let piece = '';
  let taken = 0;
  for (const [part, partWidth] of parts(text)) {
    if (taken + partWidth > width && taken > 0) {
      pieces.push(piece);
      piece = indent;
      taken = indent.length;
    }
    piece += part;
    taken += partWidth;
  }
  return [...pieces, piece];
}

/** What must stay together, and its width. */
function* parts(text: string): Generator<readonly [part: string, width: number]> {
  if (PLAIN.test(text)) for (const character of text) yield [character, 1];
  else for (const { segment } of characters.segment(text)) yield [segment, textWidth(segment)];
}
