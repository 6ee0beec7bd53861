import { printJson } from '../../../json/print.js';
import type { JsonValue } from '../../../json/types.js';
import { escapeJson } from '../../../text/escape.js';

/** Number of characters of a value that are shown in a table. */
const MOST = 120;

/** A value on one line, cut when it is long; nothing where there is none. */
export function ValueText({ value }: { readonly value: JsonValue | undefined }) {
  if (value === undefined) return <span class="none">absent</span>;
  const text = printJson(value);
  return <code>{escapeJson(text.length > MOST ? `${text.slice(0, MOST)}…` : text)}</code>;
}
