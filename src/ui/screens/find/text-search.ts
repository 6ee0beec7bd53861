import { hasType } from '../../../admin/log-statistics/event-types.js';
import type { UiContext } from '../../context.js';
import { searchAddress } from '../search/search-address.js';

/** Milliseconds for which it is looked whether a text is a type. */
const PATIENCE = 300;
/** Longest text that is taken for a type, or for a time that was mistyped. */
const [LONGEST_TYPE, LONGEST_TIME] = [200, 40];
/** Beginning of a jsonpath; what begins with `$` and goes on otherwise, such as `$100`, is a text. */
const JSON_PATH = /^\$\s*(?:[.[?*=<>!]|$)/;
/** Signs of a text that was meant as a time. */
const LIKE_A_TIME =
  /^(?:\d{4}[-/.]\d{1,2}\b|\d{1,2}[-/.]\d{1,2}[-/.]\d|\d{1,2}:\d{2})|\b(?:ago|today|yesterday|tomorrow)\b/i;

/** True for a text that somebody may have meant as a time. */
export function isLikeTime(text: string): boolean {
  return text.length <= LONGEST_TIME && LIKE_A_TIME.test(text);
}

/** A text that is neither a known id nor a time. */
interface Unknown {
  readonly text: string;
  /** True where it has the form of an id. */
  readonly isLikeId: boolean;
}

/**
 * The address of the search that a text stands for: by type where an event has it as its type, by jsonpath, or by the text itself.
 * `undefined` for a text that was rather meant as an id or a time.
 */
export async function textSearch({ log }: Pick<UiContext, 'log'>, { text, isLikeId }: Unknown) {
  if (JSON_PATH.test(text)) return searchAddress({ where: text });
  const canBeType = text.length <= LONGEST_TYPE && !text.includes('\0');
  if (canBeType && (await hasType(log, text, PATIENCE))) return searchAddress({ types: [text] });
  // Words such as "added" could be digits; ids of our time have others, too.
  return isLikeTime(text) || (isLikeId && /\d/.test(text)) ? undefined : searchAddress({ text });
}
