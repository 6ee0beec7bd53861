/** Deepest nesting that is checked; a deeper text counts as not canonical. */
const MAX_DEPTH = 500;

const [QUOTE, BACKSLASH, COMMA, COLON, SPACE, MINUS, POINT] = [34, 92, 44, 58, 32, 45, 46];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];
const [ZERO, NINE] = [48, 57];

/**
 * True for a text (without lone surrogates) that is exactly what PostgreSQL prints for some `jsonb` value: one space
 * after colons and commas and none elsewhere, keys by their length in bytes and then byte by byte and none twice,
 * numbers without exponent or needless leading zeros, and only the necessary escapes. PostgreSQL stores such a text and
 * prints it again unchanged. Always false for values nested deeper than 500 levels.
 */
export function isCanonicalJsonb(text: string): boolean {
  return value(text, 0, MAX_DEPTH) === text.length;
}

/** The index after the value that begins at `at`; -1 when there is none. */
function value(text: string, at: number, depth: number): number {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return string(text, at);
    case OPEN_OBJECT:
      return depth === 0 ? -1 : object(text, at, depth - 1);
    case OPEN_ARRAY:
      return depth === 0 ? -1 : array(text, at, depth - 1);
    case 116:
      return text.startsWith('true', at) ? at + 4 : -1;
    case 102:
      return text.startsWith('false', at) ? at + 5 : -1;
    case 110:
      return text.startsWith('null', at) ? at + 4 : -1;
    default:
      return number(text, at);
  }
}

function object(text: string, begin: number, depth: number): number {
  let at = begin + 1;
  if (text.charCodeAt(at) === CLOSE_OBJECT) return at + 1;
  let before: string | undefined;
  for (;;) {
    const end = text.charCodeAt(at) === QUOTE ? string(text, at) : -1;
    if (end < 0) return -1;
    const key = text.slice(at + 1, end - 1);
    if (before !== undefined && !isBefore(before, key)) return -1;
    before = key;
    if (text.charCodeAt(end) !== COLON || text.charCodeAt(end + 1) !== SPACE) return -1;
    at = value(text, end + 2, depth);
    if (at < 0) return -1;
    const next = text.charCodeAt(at);
    if (next === CLOSE_OBJECT) return at + 1;
    if (next !== COMMA || text.charCodeAt(at + 1) !== SPACE) return -1;
    at += 2;
  }
}

function array(text: string, begin: number, depth: number): number {
  let at = begin + 1;
  if (text.charCodeAt(at) === CLOSE_ARRAY) return at + 1;
  for (;;) {
    at = value(text, at, depth);
    if (at < 0) return -1;
    const next = text.charCodeAt(at);
    if (next === CLOSE_ARRAY) return at + 1;
    if (next !== COMMA || text.charCodeAt(at + 1) !== SPACE) return -1;
    at += 2;
  }
}

function string(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < SPACE) return -1;
    if (code !== BACKSLASH) continue;
    ESCAPE.lastIndex = at;
    const escape = ESCAPE.exec(text);
    if (escape === null) return -1;
    at += escape[0].length - 1;
  }
  return -1;
}

/**
 * The escapes of quotes, backslashes and control characters: the short form where there is one, otherwise the number.
 */
const ESCAPE = /\\(?:["\\bfnrt]|u00(?:0[1-7be-f]|1[0-9a-f]))/y;

function number(text: string, begin: number): number {
  let at = text.charCodeAt(begin) === MINUS ? begin + 1 : begin;
  const whole = at;
  at = digits(text, at);
  if (at === whole || (text.charCodeAt(whole) === ZERO && at > whole + 1)) return -1;
  if (text.charCodeAt(at) === POINT) {
    const fraction = at + 1;
    at = digits(text, fraction);
    if (at === fraction) return -1;
  }
  // There is no negative zero.
  return whole > begin && !/[1-9]/.test(text.slice(whole, at)) ? -1 : at;
}

function digits(text: string, begin: number): number {
  let at = begin;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) at += 1;
  return at;
}

/** The order of keys: by length in bytes, then byte by byte. Keys are as they stand in the text. */
function isBefore(a: string, b: string): boolean {
  if (PLAIN.test(a) && PLAIN.test(b)) return a.length === b.length ? a < b : a.length < b.length;
  const [first, second] = [keyBytes(a), keyBytes(b)];
  return (first.length === second.length ? first.compare(second) : first.length - second.length) < 0;
}

/** Keys of ASCII without escapes: each character is one byte, so they compare as they are. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

function keyBytes(key: string): Buffer {
  return Buffer.from(JSON.parse(`"${key}"`) as string);
}
