import { isDeeperThan } from '../../json/text/depth.js';
import { ExactNumber } from '../../json/exact-number.js';
import { parseJsonText } from '../../json/parse.js';
import { printJson } from '../../json/print.js';
import type { JsonValue } from '../../json/types.js';
import { textApart } from '../../store/event-metadata.js';
import { escapeJson } from '../../text/escape.js';

/** Number of fields of a body that a row shows, and of characters of a text and of the row. */
const [FIELDS, LONGEST_TEXT, LONGEST] = [3, 24, 60];
/** Deepest nesting of a body that is looked into. */
const DEEPEST = 50;

/** The first fields of a stored body that are no objects and no lists, on one line: `amount 71360, to "Lars"`. Metadata are left out. */
export function bodyExcerpt(stored: string): string {
  if (isDeeperThan(stored, DEEPEST)) return '';
  const body = parseJsonText(textApart(stored).body);
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof ExactNumber) return '';
  const fields = Object.entries(body).filter(([, value]) => isScalar(value));
  const shown = fields.slice(0, FIELDS).map(([key, value]) => `${cut(key)} ${scalarText(value)}`);
  const line = shown.join(', ');
  return escapeJson(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line);
}

function isScalar(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null || value instanceof ExactNumber;
}

function scalarText(value: JsonValue): string {
  return typeof value === 'string' ? JSON.stringify(cut(value)) : cut(printJson(value));
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
