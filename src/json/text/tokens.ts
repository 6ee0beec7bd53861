/** A string, number, bracket or comma of a JSON text. */
export interface JsonToken {
  /** The token as it is written. */
  readonly text: string;
  /** True for a string with a colon behind it. */
  readonly isKey: boolean;
}

/** Matches the first character of a token: none of these occurs between tokens, nor in `true`, `false` and `null`. */
const BEGIN = /["[\]{},\d-]/g;
const NUMBER = /[\d.eE+-]+/y;
const COLON = /\s*:/y;

/**
 * The strings, numbers, brackets and commas of a valid JSON text, in its order. Finds the end of a string by hand: a
 * regular expression that repeats a choice, such as "a character or an escape", uses up the stack on a long string.
 */
export function* jsonTokens(text: string): Generator<JsonToken> {
  const begin = new RegExp(BEGIN);
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const [first] = match;
    if (first === '"') {
      const end = endOfString(text, match.index);
      COLON.lastIndex = end;
      yield { text: text.slice(match.index, end), isKey: COLON.test(text) };
      begin.lastIndex = end;
    } else if (/[[\]{},]/.test(first)) yield { text: first, isKey: false };
    else {
      NUMBER.lastIndex = match.index;
      const number = NUMBER.exec(text)?.[0] ?? first;
      yield { text: number, isKey: false };
      begin.lastIndex = match.index + number.length;
    }
  }
}

/** Index after the string that begins at `begin`: after the next quote with an even number of backslashes before it. */
export function endOfString(text: string, begin: number): number {
  for (let quote = text.indexOf('"', begin + 1); quote > 0; quote = text.indexOf('"', quote + 1)) {
    let plain = quote;
    while (text[plain - 1] === '\\') plain -= 1;
    if ((quote - plain) % 2 === 0) return quote + 1;
  }
  return text.length;
}
