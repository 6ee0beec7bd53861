import { escapeText } from '../../text/escape.js';

/** Stored text: what would control a terminal or reorder a line shows as the escape that JSON has for it. */
export function Text({ value }: { readonly value: string }) {
  return <>{escapeText(value)}</>;
}
