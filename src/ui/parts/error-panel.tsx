import { escapeText } from '../../text/escape.js';

interface ErrorPanelProps {
  readonly message: string;
  /** The remedy. */
  readonly hint?: string | undefined;
  /** The id of the element in whose place it stands. */
  readonly id?: string;
}

/** An error, and what to do about it. */
export function ErrorPanel({ message, hint, id }: ErrorPanelProps) {
  return (
    <section id={id} class="error" role="alert">
      <p class="message">{lines(message)}</p>
      {hint !== undefined && <p class="hint">{marked(lines(hint))}</p>}
    </section>
  );
}

function lines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/** The text with what stands between backticks as code. */
function marked(text: string) {
  return text.split('`').map((piece, index) => (index % 2 === 1 ? <code>{piece}</code> : piece));
}
