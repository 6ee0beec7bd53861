import type { PropsWithChildren } from 'hono/jsx';
import { escapeText } from '../../text/escape.js';
import { Marked } from './marked.js';

interface ErrorPanelProps {
  readonly message: string;
  /** The remedy. */
  readonly hint?: string | undefined;
  /** The id of the element in whose place it stands. */
  readonly id?: string;
}

/** An error, and what to do about it. */
export function ErrorPanel({ message, hint, id, children }: PropsWithChildren<ErrorPanelProps>) {
  return (
    <section id={id} class="error" role="alert">
      <p class="message">{message.split('\n').map(escapeText).join('\n')}</p>
      {hint !== undefined && (
        <p class="hint">
          <Marked text={hint} />
        </p>
      )}
      {children}
    </section>
  );
}
