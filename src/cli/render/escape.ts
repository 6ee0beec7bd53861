/**
 * Characters that a terminal acts on or that change how the rest of a line is read: control characters (C0, DEL, C1),
 * format characters such as bidirectional overrides and tags, line and paragraph separators, lone surrogates. The two
 * joiners that Persian and emoji are written with stay as they are.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text that is safe to show in a terminal: every unsafe character as `\u` and its hex code, as JSON writes it. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, asUnicodeEscapes);
}

/**
 * JSON text that means the same and is safe to show in a terminal. Unsafe characters can only stand inside strings of
 * it, where `\u` escapes are the same value; the line breaks and spaces of its layout stay.
 */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) => (character === '\n' ? character : asUnicodeEscapes(character)));
}

function asUnicodeEscapes(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
