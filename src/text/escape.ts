/**
 * Characters that control a terminal or change how the rest of a line is displayed: control characters (C0, DEL, C1),
 * format characters such as bidirectional overrides and tags, line and paragraph separators, lone surrogates. The two
 * joiners that Persian and emoji need are safe.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text made safe for a terminal: every unsafe character as `\u` and its hex code, as JSON writes it. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, asUnicodeEscapes);
}

/**
 * JSON text with the same value that is safe for a terminal. Unsafe characters occur only inside its strings, where `\u`
 * escapes mean the same; line breaks and spaces stay.
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
