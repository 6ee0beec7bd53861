import { escapeText } from '../../text/escape.js';

/** Sentences on one line or several, with what stands between backticks as code. What is stored shows as {@link Text} shows it. */
export function Marked({ text }: { readonly text: string }) {
  const shown = text.split('\n').map(escapeText).join('\n');
  return <>{shown.split('`').map((piece, index) => (index % 2 === 1 ? <code>{piece}</code> : piece))}</>;
}
