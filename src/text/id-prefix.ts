/** Hex digits, with the dashes of a UUID if there are any. */
const PREFIX =
  /^(?:\\x)?([0-9a-f]{4,31}|[0-9a-f]{8}-(?:[0-9a-f]{0,4}|[0-9a-f]{4}-[0-9a-f]{0,4}|[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{0,4}|[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{0,11}))$/i;

/** The sign that something was cut behind it, as it is pasted. */
const CUT = /(?:…|\.{3})$/;

/** The text without the sign that something was cut behind it. */
export function withoutCut(text: string): string {
  return text.replace(CUT, '');
}

/** The first digits of an id, four at least, in lower case and without dashes; `undefined` for other texts. */
export function prefixDigits(text: string): string | undefined {
  return PREFIX.exec(withoutCut(text))?.[1]?.replaceAll('-', '').toLowerCase();
}
